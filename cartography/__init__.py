"""Data maps: record training dynamics, compute metrics and categories per example, draw and report them.

Heavy libraries (pyarrow, pandas, matplotlib) load when a function needs them, so importing this room is light.
"""

from __future__ import annotations

from cartography.averaging import average_data_maps
from cartography.data_map import DataMap, build_data_map, load_data_map, rebuild_data_map
from cartography.dynamics import Dynamics, read_dynamics, write_epoch
from cartography.metrics import CATEGORIES, Thresholds, ambiguity, categorise, compute_metrics

__all__ = [
    "CATEGORIES",
    "DataMap",
    "Dynamics",
    "Thresholds",
    "ambiguity",
    "average_data_maps",
    "build_data_map",
    "categorise",
    "compute_metrics",
    "load_data_map",
    "read_dynamics",
    "rebuild_data_map",
    "write_epoch",
]
