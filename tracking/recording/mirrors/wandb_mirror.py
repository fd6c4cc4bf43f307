"""Weights & Biases; without a key it records offline, for ``wandb sync`` later."""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors.base import Mirror, MirrorStart
from tracking.recording.mirrors.grouping import by_step

__all__ = ["WandbMirror"]

logger = logging.getLogger(__name__)

_PROJECT = "experiments"
_STEP = "step"
_INIT_SECONDS = 10.0


class WandbMirror(Mirror):
    """Mirrors to W&B; WANDB_PROJECT, WANDB_ENTITY, WANDB_MODE and the like hold as ever."""

    def __init__(self) -> None:
        self._run: Any = None

    def start(self, start: MirrorStart) -> None:
        """Begin a run of the experiment's id."""
        import wandb

        folder = os.environ.get("WANDB_DIR") or str(start.folder)
        chosen: Literal["offline"] | None = None
        if not os.environ.get("WANDB_MODE"):
            # Empty is what a script leaves that sets it from another variable; wandb breaks off there.
            os.environ.pop("WANDB_MODE", None)
        if "WANDB_MODE" not in os.environ and not _has_key():
            chosen = "offline"
            logger.warning(
                "mirror wandb: no API key, so it records offline, in %s/wandb; log in (wandb login), or send it later "
                "(wandb sync); WANDB_MODE=offline says that this is meant",
                folder,
            )
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", _PROJECT),
            id=start.experiment_id,
            name=start.name,
            config=dict(start.config),
            tags=list(start.tags),
            dir=folder,
            mode=chosen,
            resume="allow",
            reinit="create_new",
            # Its output is not to mix with the training's, nor its waiting for a server to hold up the program's end.
            settings=wandb.Settings(silent=True, console="off", init_timeout=_INIT_SECONDS),
        )
        # By a metric of its own: the built-in step may not go back, and ours may.
        self._run.define_metric("*", step_metric=_STEP)

    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass points on, one row a step."""
        for step, values in by_step(points):
            self._run.log({**values, _STEP: step})

    def finish(self, status: str) -> None:
        """End the run; any status but completed counts as failed there."""
        self._run.finish(exit_code=0 if status == "completed" else 1)


def _has_key() -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
