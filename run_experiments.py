"""Run or analyse a suite of experiments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from analysis.corrections import CORRECTIONS
from errors import AssayError, ConfigError
from experiment_config import ExperimentConfig
from suites import SUITES, SuiteOptions, create_suite
from validated import from_flags

_EXAMPLES = """\
examples:
  python run_experiments.py --mode run --suite minimal --dry-run
  python run_experiments.py --mode run --suite minimal --seeds 42 43 44
  python run_experiments.py --mode run --suite sample --task classification --dataset data/sst2 \\
      --model distilbert-base-uncased --seeds 42 43
  python run_experiments.py --mode run --suite my_suite.py --experiments-dir my_experiments
  python run_experiments.py --mode run --configs experiments/*/config.json
  python run_experiments.py --mode run --suite sample --until-decided --max-seeds 12 --margin 0.5
  python run_experiments.py --mode analyze

exit status: 0 done, 1 an experiment failed, 2 a mistake in flags, files or data, 130 interrupted, 143 terminated
"""

_TRAINING_FLAGS = (
    "max_train_samples",
    "max_eval_samples",
    "max_length",
    "num_train_epochs",
    "learning_rate",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "budget",
    "dropout",
)
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

_TERMINATED = 143
"""Exit status of what was sent SIGTERM."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        parser = _parser()
        flags = parser.parse_args(arguments)
        _check_mode(flags, parser)
        if flags.mode == "analyze":
            return _analyze(flags)
        return _run(flags)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; the same command continues where this one stopped", file=sys.stderr)
        return 130
    except SystemExit as stop:
        if stop.code == _TERMINATED:
            print("\nterminated; the same command continues where this one stopped", file=sys.stderr)
            return _TERMINATED
        raise


def _check_mode(flags: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Refuse flags that would say nothing: whoever gives one believes that it does something."""
    given = {name for name, value in vars(flags).items() if value != parser.get_default(name)}
    of_analysis, of_deciding = {*_VERDICT_FLAGS, "show_plots"}, set(_DECIDING_FLAGS)
    if flags.mode == "analyze":
        idle = given - {*_BOTH_MODES, *of_analysis}
    else:
        idle = given & (of_analysis | of_deciding) - (of_deciding if flags.until_decided else set())
    if idle:
        name = min(idle)
        hint = " without --until-decided" if flags.mode == "run" and name in of_deciding else ""
        raise ConfigError(f"--{name.replace('_', '-')} says nothing in --mode {flags.mode}{hint}")


def _run(flags: argparse.Namespace) -> int:
    from experiment_runner import print_dry_run, run_experiments_from_list

    options = {
        "auto_prepare": not flags.no_auto_prepare,
        "force": flags.force,
        "stop_on_error": flags.stop_on_error,
        "tracking": not flags.no_tracking,
        "db": flags.db,
        "tags": flags.tags,
        "notes": flags.notes,
    }
    if flags.until_decided:
        return _run_until_decided(flags, options)
    experiments = _experiments(flags)
    if flags.dry_run:
        print_dry_run(experiments, flags.experiments_dir, **options)
        return 0
    results = run_experiments_from_list(experiments, flags.experiments_dir, **options)
    failed = sum(not result["success"] for result in results)
    done = len(results) - failed
    print(f"{done} of {len(experiments)} experiments are done, {failed} failed; see {flags.experiments_dir}")
    print(f"next: python run_experiments.py --mode analyze --experiments-dir {flags.experiments_dir}")
    return 1 if failed else 0


def _run_until_decided(flags: argparse.Namespace, runner_options: dict[str, Any]) -> int:
    from deciding import DecidingOptions, plan_until_decided, run_until_decided

    if flags.configs:
        raise ConfigError("--until-decided adds seeds to a suite; saved configurations of --configs have theirs")
    given = _suite_options(flags)
    seeds = given.pop("seeds", SuiteOptions().seeds)
    options = from_flags(DecidingOptions, {name: getattr(flags, name) for name in _DECIDING_FLAGS})

    def suite(seeds: tuple[int, ...]) -> list[ExperimentConfig]:
        return create_suite(flags.suite, SuiteOptions(**given, seeds=seeds))

    if flags.dry_run:
        plan_until_decided(suite, seeds, flags.experiments_dir, options, **runner_options)
        return 0
    decisions = run_until_decided(suite, seeds, flags.experiments_dir, options, **runner_options)
    return 0 if all(result["success"] for result in decisions.results) else 1


def _analyze(flags: argparse.Namespace) -> int:
    from experiment_analysis import VerdictOptions, analyze

    options = from_flags(VerdictOptions, {name: getattr(flags, name) for name in _VERDICT_FLAGS})
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
    return create_suite(flags.suite, SuiteOptions(**given))


def _suite_options(flags: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of SuiteOptions that flags give."""
    given = {name: getattr(flags, name) for name in _SUITE_FLAGS if getattr(flags, name) is not None}
    training = {name: getattr(flags, name) for name in _TRAINING_FLAGS if getattr(flags, name) is not None}
    if flags.arguments:
        training["arguments"] = _pairs(flags.arguments, "--arguments", _number_or_text)
    if training:
        given["training"] = training
    if flags.clustering:
        given["clustering"] = _pairs(flags.clustering, "--clustering", _number_or_text)
    if flags.columns:
        given["columns"] = _pairs(flags.columns, "--columns", str)
    return given


def _pairs(words: Sequence[str], flag: str, parse: Any) -> dict[str, Any]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigError(f"{flag} {word}: expected NAME=VALUE")
        pairs[name] = parse(value)
    return pairs


def _number_or_text(value: str) -> Any:
    for known, meant in (("true", True), ("false", False), ("none", None)):
        if value.lower() == known:
            return meant
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_experiments.py",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--mode", choices=("run", "analyze"), required=True, help="train a suite, or analyse results")
    parser.add_argument("--experiments-dir", default="experiments", metavar="DIR", help="(default: experiments)")
    parser.error = _refuse  # type: ignore[method-assign]  # the usage of so many flags would bury the message
    _add_what(parser)
    _add_training(parser)
    _add_signals(parser)
    _add_how(parser)
    _add_verdict(parser)
    return parser


def _refuse(message: str) -> NoReturn:
    raise ConfigError(f"{message}; see --help")


def _add_what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to run")
    source = group.add_mutually_exclusive_group()
    names = ", ".join(SUITES.names())
    source.add_argument("--suite", default="minimal", help=f"{names}, or FILE.py (default: minimal)")
    source.add_argument("--configs", nargs="+", metavar="PATH", help="run these saved config.json files instead")
    group.add_argument("--seeds", nargs="+", type=int, metavar="N", help="each variant once a seed (default: 42 43 44)")
    group.add_argument("--task", help="qa, nli or classification (default: what the embedded data set is, else qa)")
    group.add_argument("--model", help="demo, a folder or a hub name (default: demo)")
    group.add_argument("--dataset", help="demo, demo-nli, a file, a folder or a hub name (default: demo)")
    group.add_argument("--columns", nargs="+", metavar="NAME=COLUMN", help="columns that are not recognised")
    group.add_argument("--train-split", metavar="NAME", help="(default: train)")
    group.add_argument("--eval-split", metavar="NAME", help="(default: validation)")
    group.add_argument(
        "--eval-datasets",
        nargs="*",
        metavar="NAME[@SPLIT]",
        help="further data sets to evaluate on (default: for demo its out-of-domain split)",
    )
    group.add_argument("--ablation", choices=("none", "q_only", "p_only"), help="hide a part of the input")


def _add_training(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training (defaults suit the model)")
    group.add_argument("--max-train-samples", type=int, metavar="N")
    group.add_argument("--max-eval-samples", type=int, metavar="N")
    group.add_argument("--max-length", type=int, metavar="N", help="longest input in tokens")
    group.add_argument("--num-train-epochs", type=float, metavar="X")
    group.add_argument("--learning-rate", type=float, metavar="X")
    group.add_argument("--per-device-train-batch-size", type=int, metavar="N")
    group.add_argument("--gradient-accumulation-steps", type=int, metavar="N")
    group.add_argument("--budget", choices=("epochs", "steps"), help="what a filtered run holds equal")
    group.add_argument("--dropout", type=float, metavar="X", help="of every layer; 0 is faster (default: the model's)")
    group.add_argument(
        "--arguments", nargs="+", metavar="NAME=VALUE", help="any other field of transformers.TrainingArguments"
    )


def _add_signals(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("data maps and clusterings (made where they are missing)")
    group.add_argument("--cartography-dir", metavar="DIR", help="an existing data map, or where to make it")
    group.add_argument("--validation-cartography-dir", metavar="DIR", help="the same for the validation split")
    group.add_argument("--cluster-dir", metavar="DIR", help="an existing clustering, or where to make it")
    group.add_argument("--clustering", nargs="+", metavar="NAME=VALUE", help="how to cluster, such as min_samples=3")
    group.add_argument("--map-per-seed", action="store_true", default=None, help="each run uses its own seed's map")
    group.add_argument("--map-seeds", nargs="+", type=int, metavar="N", help="average the maps of these seeds")
    group.add_argument("--burn-in", type=int, metavar="N", help="first epochs to leave out of data maps")
    group.add_argument(
        "--filter-validation",
        action="store_true",
        default=None,
        help="also report metrics on the validation rows that the filters would keep",
    )
    group.add_argument("--no-auto-prepare", action="store_true", help="stop where a signal is missing")


def _add_how(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how to run")
    group.add_argument("--dry-run", action="store_true", help="print the plan and stop")
    group.add_argument("--stop-on-error", action="store_true", help="stop at the first experiment that fails")
    group.add_argument("--force", action="store_true", help="train finished experiments again")
    group.add_argument("--no-tracking", action="store_true", help="keep the runs out of the experiment store")
    group.add_argument(
        "--db", metavar="PATH|URL", help="the experiment store (default: $EXPERIMENTS_DB_URL, else experiments.db)"
    )
    group.add_argument("--tags", nargs="+", default=(), metavar="TAG", help="words to find these experiments by")
    group.add_argument("--notes", default="", metavar="TEXT", help="a note on these experiments")
    group.add_argument("--show-plots", action="store_true", help="open a window with the plots (--mode analyze)")


def _add_verdict(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what counts as a difference (--mode analyze, and --until-decided)")
    group.add_argument("--metric", metavar="NAME", help="such as eval_f1 (default: the task's primary metric)")
    group.add_argument("--baseline", metavar="NAME", help="what the others are compared with (default: baseline)")
    group.add_argument("--margin", type=float, metavar="X", help="what is too small to matter (default: half a point)")
    group.add_argument("--alpha", type=float, metavar="X", help="level of the verdicts (default: 0.05)")
    group.add_argument(
        "--allow-differences",
        action="store_true",
        default=None,
        help="compare variants although more than strategy and seed sets them apart",
    )
    judging = parser.add_argument_group("verdicts (--mode analyze)")
    judging.add_argument(
        "--correction",
        choices=CORRECTIONS,
        help="of the p-values, over everything that is shown (default: holm)",
    )
    judging.add_argument("--power", type=float, metavar="X", help="of the seeds said to decide (default: 0.8)")
    deciding = parser.add_argument_group("seeds one by one (--mode run)")
    deciding.add_argument(
        "--until-decided", action="store_true", help="add seeds to what is undecided, and to nothing else"
    )
    deciding.add_argument("--max-seeds", type=int, metavar="N", help="of each variant (default: 12)")


if __name__ == "__main__":
    sys.exit(main())
