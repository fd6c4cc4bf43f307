"""What is measured after an experiment has ended, such as the evaluation that follows a training."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from errors import ResourceError
from tracking.folders.folder import METRICS
from tracking.indexing.indexer import Indexer
from tracking.recording.metric_log import MetricLog
from tracking.store.database import Database

__all__ = ["add_points"]

logger = logging.getLogger(__name__)

_SYNC_SECONDS = 10.0


def add_points(folder: Path, store: Database | URL, metrics: Mapping[str, Any], step: int | None) -> None:
    """Add points to an experiment's folder and into the store; a disk that refuses is one warning.

    Raises:
        ConfigError: the metrics are no mapping, or the step is no whole number.
    """
    log = MetricLog(folder / METRICS)
    log.add(metrics, step)
    log.take()
    try:
        log.write()
    except ResourceError as error:
        logger.warning("%s; what was measured after the end is lost", error)
        return
    indexer = Indexer(store)
    indexer.watch(folder)
    indexer.sync(_SYNC_SECONDS)
    indexer.close()
