"""``reproduce``: run an experiment again from its stored configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from execution.unread import UNREAD, going_on_unread
from experiment_commands.comparing.differences import Difference, Missing, value_text
from experiment_commands.comparing.surroundings import code_of
from experiment_commands.options import Db, Json, OneId
from experiment_commands.output import print_json, print_table, warn
from experiment_commands.reproducing.drift import Drift, find_drift
from experiment_commands.reproducing.outcome import MetricPair, compare_metrics
from experiment_commands.reproducing.program import program_folder
from experiment_commands.reproducing.record import RunRecord, read_record, runner_config
from experiment_config import ExperimentConfig
from tracking.folders.folder import CONFIG
from tracking.reading.local_backend import LocalBackend

__all__ = ["reproduce"]

_PROJECT = Path(__file__).resolve().parent.parent
_SUFFIX = "_reproduced"
"""Behind the name of the new run, so that the old name still means the old run."""

ExperimentsDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Where the new run goes (default: experiments/reproduced/<id>).", show_default=False
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what has changed and what would be run, and stop.")]
Force = Annotated[bool, typer.Option("--force", help="Train again where the new folder already holds a finished run.")]


def reproduce(
    id: OneId,
    experiments_dir: ExperimentsDir = None,
    dry_run: DryRun = False,
    force: Force = False,
    db: Db = None,
    json: Json = False,
) -> int:
    """Run an experiment again from its stored configuration, and compare the metrics of both runs.

    Before, it names every difference in code, packages, machine and data since. The new run gets a folder and an id
    of its own; the old one stays as it is. Exit status 0 if all metrics are equal to the last bit, 1 if not.

    It is called as the old one with _reproduced behind, has the tag "reproduction", and counts to the same group.
    An experiment that another program tracked cannot be run from here: its command line and the same differences are
    printed, exit status 1.

    \b
    Examples:
      python experiment_cli.py reproduce baseline_seed42 --dry-run
      python experiment_cli.py reproduce a1b2c3 --experiments-dir /scratch/again
    """
    backend = LocalBackend(db)
    record = read_record(backend.get_experiment(id))
    config = runner_config(record)
    drift = _drift(record, config)
    if config is None:
        _print_manual(record, drift, json)
        return 1
    config = dataclasses.replace(config, name=f"{config.name}{_SUFFIX}")
    target = experiments_dir or Path("experiments") / "reproduced" / record.details.record.id
    with going_on_unread("" if dry_run else UNREAD):
        if not json:
            _print_drift(record, drift)
        if dry_run:
            return _dry_run(record, config, drift, target, json)
        return _run(record, config, drift, target, db=db, force=force, json=json)


def _drift(record: RunRecord, config: ExperimentConfig | None) -> Drift:
    """Compare a run with how things are; ``config`` is None for a run of another program, whose data nobody knows."""
    if "torch_threads" in record.machine and find_spec("torch"):
        # Only a process with torch knows its threads and accelerators as the run recorded them.
        import torch  # noqa: F401
    from experiment_runner import describe_data
    from tracking.recording.capture import describe_code, describe_machine

    folder = program_folder(_last_start(record)) if config is None else _PROJECT
    code = {} if folder is None else describe_code(folder)
    return find_drift(record, describe_machine(), code, None if config is None else describe_data(config))


def _dry_run(record: RunRecord, config: ExperimentConfig, drift: Drift, target: Path, json: bool) -> int:
    from experiment_runner import print_dry_run

    if json:
        print_json({**_plain(record, drift, target), "metrics": None, "same": None})
    else:
        print()
        print_dry_run([config], target, finished=[record.details.record.folder])
    return 0


def _run(
    record: RunRecord, config: ExperimentConfig, drift: Drift, target: Path, *, db: str | None, force: bool, json: bool
) -> int:
    from experiment_runner import run_experiments_from_list

    identity = record.details.record.id
    results, *_ = run_experiments_from_list(
        [config],
        target,
        db=db,
        force=force,
        quiet=json,
        tags=("reproduction",),
        notes=f"reproduces {identity}",
        variant=record.details.record.variant,
    )
    pairs = compare_metrics(record.metrics, results["metrics"]) if results["success"] and record.metrics else []
    same = bool(pairs) and all(pair.equal for pair in pairs)
    if json:
        metrics = [{**pair._asdict(), "equal": pair.equal} for pair in pairs]
        print_json({**_plain(record, drift, target), "metrics": metrics, "same": same})
    elif results["success"]:
        _print_outcome(pairs)
    else:
        warn(f"the new run failed: {results['error']['message']}")
    return 0 if same else 1


def _plain(record: RunRecord, drift: Drift, target: Path) -> dict[str, Any]:
    return {"id": record.details.record.id, "experiments_dir": str(target), **_plain_drift(drift)}


def _plain_drift(drift: Drift) -> dict[str, Any]:
    changed = {name: [_plain_difference(each) for each in getattr(drift, name)] for name in _KINDS}
    return {"differences": changed, "unknown": list(drift.unknown)}


def _plain_difference(difference: Difference) -> dict[str, Any]:
    pairs = zip(("then", "now"), difference.values, strict=True)
    return {"name": difference.name, **{name: value for name, value in pairs if not isinstance(value, Missing)}}


_KINDS = {"code": "code", "environment": "packages and machine", "data": "data"}


def _print_drift(record: RunRecord, drift: Drift) -> None:
    experiment = record.details.record
    print(f"{experiment.id} ({experiment.name})")
    _print_differences(drift)
    if not record.has_folder:
        print(f"its folder {experiment.folder} is gone; the configuration comes from the store")
    folder = _last_start(record).get("working_folder")
    if folder and folder != str(Path.cwd()):
        print(f"it was started in {folder}; relative paths of its configuration are now read from {Path.cwd()}")
    if not drift.anything:
        print("code, packages, machine and data are as they were")


def _print_differences(drift: Drift) -> None:
    for name, title in _KINDS.items():
        found: Sequence[Difference] = getattr(drift, name)
        if found:
            print(f"\n{title} changed since:")
            print_table(("", "then", "now"), [(each.name, *map(value_text, each.values)) for each in found])
    for each in drift.unknown:
        print(f"not known, so not compared: {each}")


def _print_outcome(pairs: Sequence[MetricPair]) -> None:
    different = [pair for pair in pairs if not pair.equal]
    if not pairs:
        print("\nthe stored run has no metrics to compare with")
        return
    print(f"\n{len(pairs) - len(different)} of {len(pairs)} metrics are equal to the last bit")
    if different:
        rows = [(pair.name, _number(pair.then), _number(pair.now), _gap(pair)) for pair in different]
        print_table(("", "then", "now", "difference"), rows, right=("then", "now", "difference"))


def _number(value: float | None) -> str:
    return "–" if value is None else repr(value)


def _gap(pair: MetricPair) -> str:
    return "–" if pair.then is None or pair.now is None else f"{pair.now - pair.then:+.3g}"


def _print_manual(record: RunRecord, drift: Drift, json: bool) -> None:
    """Print how to run an experiment by hand, and what has changed since."""
    experiment = record.details.record
    last = _last_start(record)
    known: dict[str, str | None] = {
        "command": last.get("command") or None,
        "working_folder": last.get("working_folder"),
        "commit": record.code.get("commit"),
        "uncommitted_changes": code_of(record.code).get("uncommitted changes"),
        "configuration": str(experiment.folder / CONFIG) if record.has_folder else None,
    }
    if json:
        print_json({"id": experiment.id, "runner": False, **known, **_plain_drift(drift)})
        return
    print(f"{experiment.id} ({experiment.name}) was made by another program than the runner; to run it again:")
    for name, value in known.items():
        print(f"  {name.replace('_', ' '):<20} {value or 'not recorded'}")
    _print_differences(drift)
    if not drift.anything:
        print("\ncode, packages and machine are as they were")


def _last_start(record: RunRecord) -> Mapping[str, Any]:
    """Return what was written down when the newest attempt began."""
    started = [event.content for event in record.details.events if event.event == "started"]
    return started[-1] if started else {}
