"""MLflow, written in batches: its single calls take 7 ms each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from tracking.folders.contents import flatten
from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors.base import Mirror, MirrorStart
from tracking.recording.mirrors.renaming import Renaming
from tracking.store.migrate import ALEMBIC

__all__ = ["MlflowMirror"]

_EXPERIMENT = "experiments"
_METRICS_A_BATCH = 1_000
_PARAMS_A_BATCH = 100
_LONGEST_PARAM = 6_000
_LONGEST_NAME = 240
_REFUSED = re.compile(r"[^\w.\- :/]")
_STATUSES = {"completed": "FINISHED", "failed": "FAILED"}


class MlflowMirror(Mirror):
    """Mirrors to MLFLOW_TRACKING_URI, else to ``mlflow.db`` beside the experiment's folder.

    MLFLOW_EXPERIMENT_NAME names the experiment there.
    """

    def __init__(self) -> None:
        self._client: Any = None
        self._run_id = ""
        self._metric_names, self._param_names, self._tag_names = (Renaming("mlflow", _allowed) for _ in range(3))

    def start(self, start: MirrorStart) -> None:
        """Begin a run with the configuration as its parameters."""
        from mlflow import MlflowClient

        here = f"sqlite:///{start.folder.parent / 'mlflow.db'}"
        with ALEMBIC:
            # It makes its tables, by Alembic too.
            self._client = MlflowClient(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or here)
            experiment = self._experiment(start)
        given = {"experiment_id": start.experiment_id, "folder": str(start.folder)}
        tags = {**given, **dict.fromkeys(map(self._tag_names, start.tags), "true")}
        run = self._client.create_run(experiment, run_name=start.name, tags=tags)
        self._run_id = run.info.run_id
        self._log_params(start.config)

    def _experiment(self, start: MirrorStart) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", _EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(name, artifact_location=(start.folder.parent / "mlruns").as_uri()))

    def _log_params(self, config: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        params = (Param(self._param_names(name), _text(value)) for name, value in flatten(config))
        while batch := list(islice(params, _PARAMS_A_BATCH)):
            self._client.log_batch(self._run_id, params=batch)

    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass points on, a thousand at a time."""
        from mlflow.entities import Metric

        metrics = (
            Metric(self._metric_names(name), value, round(time * 1000), step) for step, time, name, value in points
        )
        while batch := list(islice(metrics, _METRICS_A_BATCH)):
            self._client.log_batch(self._run_id, metrics=batch)

    def finish(self, status: str) -> None:
        """End the run."""
        self._client.set_terminated(self._run_id, _STATUSES.get(status, "KILLED"))


def _allowed(name: str) -> str:
    """Return a name as MLflow takes it: a path of few characters that is its own shortest form."""
    parts = [part for part in _REFUSED.sub("_", name).split("/") if part not in ("", ".", "..")]
    path = "/".join(parts)[:_LONGEST_NAME]
    return f"_{path}"[:_LONGEST_NAME] if path.startswith("..") or not path else path


def _text(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, default=str))[:_LONGEST_PARAM]
