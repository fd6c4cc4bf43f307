"""Files a run leaves behind, and what to say when they cannot be written."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from atomic_files import explain_os_error, read_json, write_json, write_text
from errors import AssayError, ConfigError
from experiment_config import ExperimentConfig
from score_files import write_score_file

__all__ = ["check_same_experiment", "write_experiment", "write_metrics", "write_predictions", "writing_into"]


_EXPERIMENT = "experiment.json"


def write_experiment(folder: Path, config: ExperimentConfig) -> None:
    """Write experiment.json: the configuration whose checkpoints and model stand in ``folder``."""
    write_json(folder / _EXPERIMENT, {"identity": config.identity(), "config": config.to_mapping()})


def check_same_experiment(folder: Path, config: ExperimentConfig) -> None:
    """Refuse to continue another configuration's training.

    Raises:
        ConfigError: experiment.json in ``folder`` has another identity; the message lists what differs.
    """
    path = folder / _EXPERIMENT
    stored = read_json(path) if path.exists() else {}
    if stored.get("identity") in (None, config.identity()):
        return
    before, now = _flat(stored["config"]), _flat(config.to_mapping())
    differing = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    shown = "; ".join(f"{name}: {before.get(name)!r} then, {now.get(name)!r} now" for name in differing[:5])
    raise ConfigError(
        f"{folder}: holds checkpoints of a run with other settings ({shown}); "
        "give the same settings to continue it, or choose another folder"
    )


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as dotted names to values."""
    if not isinstance(values, dict):
        return {prefix: values}
    return {
        key: value
        for name, inner in values.items()
        for key, value in _flat(inner, f"{prefix}.{name}".strip(".")).items()
    }


def write_metrics(folder: Path, metrics: Mapping[str, float]) -> None:
    """Write eval_metrics.json."""
    write_json(folder / "eval_metrics.json", dict(metrics))


def write_predictions(folder: Path, prefix: str, predictions: Sequence[Mapping[str, Any]]) -> None:
    """Write ``eval_predictions.jsonl`` (or ``eval_predictions_<data set>.jsonl``), one row an example.

    Beside it, ``eval_scores.npz`` holds the numbers alone, for whoever reads those of many runs.
    """
    suffix = prefix.removeprefix("eval")
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in predictions)
    write_text(folder / f"eval_predictions{suffix}.jsonl", "".join(f"{line}\n" for line in lines))
    first = predictions[0] if predictions else {}
    numbers = [name for name, value in first.items() if isinstance(value, int | float)]
    columns = {name: np.array([row[name] for row in predictions], dtype=np.float64) for name in numbers}
    write_score_file(folder / f"eval_scores{suffix}.npz", [str(row["id"]) for row in predictions], columns)


@contextmanager
def writing_into(folder: Path, *further: Path) -> Iterator[None]:
    """Make folders; turn a failure to write, by whatever library, into an error that says what to do.

    Folders that were made for a run which left nothing in them go again.

    Args:
        folder: where a run writes; what goes wrong on the way is told of it.
        *further: other folders that the run writes to.

    Raises:
        ResourceError: a folder cannot be written, or the disk is full.
    """
    made = [path for place in (*further, folder) for path in (place, *place.parents) if not path.exists()]
    try:
        for place in (folder, *further):
            _make_writable(place)
        yield
    except AssayError:
        raise
    except OSError as error:
        raise explain_os_error(error, folder) from error
    except Exception as error:
        if _tells_of_a_full_disk(error):
            raise explain_os_error(OSError(errno.ENOSPC, "No space left on device"), folder) from error
        raise
    finally:
        _remove_empty(made)


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # several processes may try at once
    except OSError as error:
        raise explain_os_error(error, folder) from error


def _tells_of_a_full_disk(error: BaseException | None) -> bool:
    """Tell whether an error, or one that it followed, says that the disk is full.

    safetensors and torch report it as errors of their own kinds; torch's archive writer, half-way through a file, by
    the length that it misses.
    """
    if error is None:
        return False
    text = str(error).lower()
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    known = any(words in text for words in ("no space left", "file write failed", "inline_container.cc"))
    return full or known or _tells_of_a_full_disk(error.__cause__ or error.__context__)


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove those folders, innermost first, that hold nothing."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
