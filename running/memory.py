"""Freeing what a finished run held, without walking through all of the process each time."""

from __future__ import annotations

import gc
import sys

import torch

__all__ = ["release_memory"]

_num_modules_spared = 0


def release_memory() -> None:
    """Free what a finished run held, on an accelerator too, so that the next one finds it."""
    gc.collect()
    _spare_modules()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _spare_modules() -> None:
    """Exempt what was imported from later collections: it stays, and to walk through it takes a quarter of a second.

    That is paid twice a run otherwise, as the Trainer collects too before its first step.
    """
    global _num_modules_spared
    if len(sys.modules) > _num_modules_spared:
        _num_modules_spared = len(sys.modules)
        gc.freeze()
