"""Run or analyse a suite of experiments."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errors import AssayError, ConfigError
from execution.flags import (
    EXECUTOR_FLAGS,
    RESOURCE_FLAGS,
    can_be_left,
    check_possible,
    commands_when_left,
    executor_options,
    resources_of,
)
from execution.leaving import leaving_when_terminated
from execution.options import ExecutorOptions
from execution.unread import UNREAD, going_on_unread
from experiment_config import ExperimentConfig, TrainingConfig
from suite_flags import create_parser
from suites import SuiteOptions, create_suite
from tracking.processes import TERMINATED
from validated import field_names, from_flags, number_or_text, pairs_of

_TRAINING_FLAGS = tuple(name for name in field_names(TrainingConfig) if name not in ("seed", "arguments"))
_SUITE_FLAGS = (
    "seeds",
    "task",
    "model",
    "dataset",
    "train_split",
    "eval_split",
    "eval_datasets",
    "ablation",
    "burn_in",
    "map_seeds",
    "map_per_seed",
    "filter_validation",
    "cartography_dir",
    "validation_cartography_dir",
    "cluster_dir",
)

_DECIDING_FLAGS = ("max_seeds", "metric", "baseline", "margin", "alpha", "allow_differences")
_VERDICT_FLAGS = ("metric", "baseline", "margin", "alpha", "correction", "power", "allow_differences")

_BOTH_MODES = ("mode", "experiments_dir")
_OF_EXECUTOR = {name: flag[2:].replace("-", "_") for name, flag in EXECUTOR_FLAGS.items()}
_OF_RESOURCES = {name: flag[2:].replace("-", "_") for name, flag in RESOURCE_FLAGS.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        with leaving_when_terminated():
            return _main(arguments)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; the same command continues where this one stopped", file=sys.stderr)
        return 130
    except SystemExit as stop:
        if stop.code == TERMINATED:
            print("\nterminated; the same command continues where this one stopped", file=sys.stderr)
            return TERMINATED
        raise


def _main(arguments: Sequence[str] | None) -> int:
    parser = create_parser()
    # Prints what --help is to show.
    with going_on_unread():
        flags = parser.parse_args(arguments)
    _check_mode(flags, parser)
    return _analyze(flags) if flags.mode == "analyze" else _run(flags)


def _check_mode(flags: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Refuse flags that would say nothing: whoever gives one believes that it does something."""
    given = {name for name, value in vars(flags).items() if value != parser.get_default(name)}
    for idle, without in _idle_flags(flags):
        if said := sorted(given & idle):
            raise ConfigError(f"--{said[0].replace('_', '-')} says nothing {without}")
    if flags.enqueue and flags.until_decided:
        raise ConfigError("--until-decided looks at results before it goes on, and --enqueue leaves; use one of them")


def _idle_flags(flags: argparse.Namespace) -> list[tuple[set[str], str]]:
    """Return names of flags that mean nothing beside others, and in words when."""
    of_analysis, of_deciding = {*_VERDICT_FLAGS, "show_plots"}, set(_DECIDING_FLAGS)
    if flags.mode == "analyze":
        return [(vars(flags).keys() - {*_BOTH_MODES, *of_analysis}, "in --mode analyze")]
    found = [(of_analysis - of_deciding, "in --mode run")]
    if not flags.until_decided:
        found.append((of_deciding, "in --mode run without --until-decided"))
    if flags.enqueue:
        idle = {*_OF_EXECUTOR.values(), "wait", "stop_on_error"}
        found.append((idle, "with --enqueue: experiment_cli.py work decides how the queue is worked on"))
    else:
        found.append(({"priority", "cost_per_run", "calls_per_run"}, "without --enqueue"))
    return found


def _run(flags: argparse.Namespace) -> int:
    options = _runner_options(flags)
    is_left = can_be_left(options["execution"].executor) and not (flags.wait or flags.until_decided)
    stays = not (flags.dry_run or flags.enqueue or is_left)
    with going_on_unread(UNREAD if stays else ""):
        if flags.until_decided:
            return _run_until_decided(flags, options)
        return _run_suite(flags, options, is_left=is_left)


def _run_suite(flags: argparse.Namespace, options: dict[str, Any], *, is_left: bool) -> int:
    from experiment_runner import print_dry_run

    experiments = _experiments(flags)
    if not flags.enqueue:
        check_possible(options["execution"], options["resources"])
    if flags.dry_run:
        print_dry_run(experiments, flags.experiments_dir, **options)
        return 0
    if flags.enqueue:
        return _enqueue(flags, experiments, options)
    if is_left:
        return _submit(flags, experiments, options)
    return _train(flags, experiments, options)


def _train(flags: argparse.Namespace, experiments: Sequence[ExperimentConfig], options: dict[str, Any]) -> int:
    from experiment_runner import run_experiments_from_list

    # What it takes is loaded now, which may be seconds without another word.
    count = "1 experiment" if len(experiments) == 1 else f"{len(experiments)} experiments"
    print(f"{count} with {options['execution'].executor}: checking, and getting ready", flush=True)
    results = run_experiments_from_list(experiments, flags.experiments_dir, **options)
    failed = sum(not result["success"] for result in results)
    done = len(results) - failed
    print(f"{done} of {len(experiments)} experiments are done, {failed} failed; see {flags.experiments_dir}")
    print(f"next: {_analysis(flags)}")
    return 1 if failed else 0


def _runner_options(flags: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of RunnerOptions."""
    execution = executor_options({field: getattr(flags, name) for field, name in _OF_EXECUTOR.items()})
    if flags.wait and not can_be_left(execution.executor):
        raise ConfigError(f"--wait says nothing to the executor {execution.executor}, which stays until the end anyway")
    resources = {field: getattr(flags, name) for field, name in _OF_RESOURCES.items()}
    return {
        "auto_prepare": not flags.no_auto_prepare,
        "force": flags.force,
        "stop_on_error": flags.stop_on_error,
        "tracking": not flags.no_tracking,
        "db": flags.db,
        "tags": flags.tags,
        "notes": flags.notes,
        "execution": dataclasses.replace(execution, log_dir=Path(flags.experiments_dir, ".execution")),
        "resources": resources_of(resources, None if flags.enqueue else execution.executor),
        "priority": flags.priority or 0,
    }


def _enqueue(flags: argparse.Namespace, experiments: Sequence[ExperimentConfig], options: dict[str, Any]) -> int:
    from experiment_runner import enqueue_experiments
    from tracking.store.db_flag import db_flag

    added = enqueue_experiments(experiments, flags.experiments_dir, **options)
    print(added.in_words())
    db = db_flag(flags.db)
    print(f"next, on every machine that is to work: python experiment_cli.py work{db}")
    print(f"what waits and runs: python experiment_cli.py queue list{db}")
    return 0


def _submit(flags: argparse.Namespace, experiments: Sequence[ExperimentConfig], options: dict[str, Any]) -> int:
    from experiment_runner import submit_experiments
    from tracking.store.db_flag import db_flag

    execution: ExecutorOptions = options["execution"]
    handles = submit_experiments(experiments, flags.experiments_dir, **options)
    if not handles:
        print(f"nothing is left to do; next: {_analysis(flags)}")
        return 0
    jobs = "1 job is" if len(handles) == 1 else f"{len(handles):,} jobs are"
    print(f"{jobs} with {execution.executor}: {_first_and_last([handle.where for handle in handles])}")
    for line in commands_when_left(execution.executor):
        print(f"  {line}")
    if options["tracking"]:
        print(f"  python experiment_cli.py status{db_flag(flags.db)}      shows why they wait, and what was dropped")
    print("the same command with --wait stays until the end, and submits nothing twice")
    print(f"then: {_analysis(flags)}")
    return 0


def _first_and_last(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"from {places[0]} to {places[-1]}"


def _analysis(flags: argparse.Namespace) -> str:
    return f"python run_experiments.py --mode analyze --experiments-dir {shlex.quote(flags.experiments_dir)}"


def _run_until_decided(flags: argparse.Namespace, runner_options: dict[str, Any]) -> int:
    from deciding import DecidingOptions, plan_until_decided, run_until_decided

    if flags.configs:
        raise ConfigError("--until-decided adds seeds to a suite; saved configurations of --configs have theirs")
    given = _suite_options(flags)
    seeds = given.pop("seeds", SuiteOptions().seeds)
    options = from_flags(DecidingOptions, {name: getattr(flags, name) for name in _DECIDING_FLAGS})

    def suite(seeds: tuple[int, ...]) -> list[ExperimentConfig]:
        return create_suite(flags.suite, from_flags(SuiteOptions, {**given, "seeds": seeds}))

    if flags.dry_run:
        plan_until_decided(suite, seeds, flags.experiments_dir, options, **runner_options)
        return 0
    decisions = run_until_decided(suite, seeds, flags.experiments_dir, options, **runner_options)
    return 0 if all(result["success"] for result in decisions.results) else 1


def _analyze(flags: argparse.Namespace) -> int:
    from experiment_analysis import VerdictOptions, analyze

    options = from_flags(VerdictOptions, {name: getattr(flags, name) for name in _VERDICT_FLAGS})
    with going_on_unread():
        for path in analyze(flags.experiments_dir, flags.show_plots, options, show_summary=True):
            print(path)
    return 0


def _experiments(flags: argparse.Namespace) -> list[ExperimentConfig]:
    given = _suite_options(flags)
    if flags.configs:
        if given:
            name = next(iter(given.get("training", given))).replace("_", "-")
            raise ConfigError(f"--configs runs saved configurations as they are; leave out --{name}, or edit the files")
        return [ExperimentConfig.load(path) for path in flags.configs]
    return create_suite(flags.suite, from_flags(SuiteOptions, given))


def _suite_options(flags: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of SuiteOptions that flags give."""
    given = {name: getattr(flags, name) for name in _SUITE_FLAGS if getattr(flags, name) is not None}
    training = {name: getattr(flags, name) for name in _TRAINING_FLAGS if getattr(flags, name) is not None}
    if flags.arguments:
        training["arguments"] = pairs_of(flags.arguments, "--arguments", number_or_text)
    if training:
        # Made here too, so that an error names the flag.
        from_flags(TrainingConfig, training)
        given["training"] = training
    if flags.clustering:
        given["clustering"] = pairs_of(flags.clustering, "--clustering", number_or_text)
    if flags.columns:
        given["columns"] = pairs_of(flags.columns, "--columns", str)
    return given


if __name__ == "__main__":
    sys.exit(main())
