"""The flags of run_experiments.py."""

from __future__ import annotations

import argparse
from typing import NoReturn

from analysis.corrections import CORRECTIONS
from errors import ConfigError
from execution.executors import EXECUTORS
from execution.flags import NUMBERS, read_as
from jobs.job import HIGHEST_PRIORITY
from suites import SUITES

__all__ = ["create_parser"]

_EXAMPLES = """\
examples:
  python run_experiments.py --mode run --suite minimal --dry-run
  python run_experiments.py --mode run --suite minimal --seeds 42 43 44
  python run_experiments.py --mode run --suite sample --task classification --dataset data/sst2 \\
      --model distilbert-base-uncased --seeds 42 43
  python run_experiments.py --mode run --suite my_suite.py --experiments-dir my_experiments
  python run_experiments.py --mode run --configs experiments/*/config.json
  python run_experiments.py --mode run --suite sample --until-decided --max-seeds 12 --margin 0.5
  python run_experiments.py --mode run --suite sample --workers 4
  python run_experiments.py --mode run --suite sample --workers 4 --gpus-per-run 0.5
  python run_experiments.py --mode run --suite sample --executor slurm --slurm partition=gpu --gpus-per-run 1
  python run_experiments.py --mode run --suite sample --executor ray --ray-address auto
  python run_experiments.py --mode run --suite sample --enqueue --priority 5
  python run_experiments.py --mode analyze

exit status: 0 done, submitted or queued, 1 an experiment failed, 2 a mistake in flags, files or data, 130 interrupted,
143 terminated
"""


def _read_priority(text: str) -> int:
    number = int(text)
    if abs(number) > HIGHEST_PRIORITY:
        raise ValueError(text)
    return number


_whole = read_as(int, "a whole number")
_number = read_as(float, "a number")
_gigabytes = read_as(float, NUMBERS["GB"])
_minutes = read_as(float, NUMBERS["M"])
_priority = read_as(_read_priority, f"a whole number from -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}")


def create_parser() -> argparse.ArgumentParser:
    """Return the parser; a mistake raises :class:`errors.ConfigError`."""
    parser = argparse.ArgumentParser(
        prog="run_experiments.py",
        description="Run or analyse a suite of experiments.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--mode", choices=("run", "analyze"), required=True, help="train a suite, or analyse results")
    parser.add_argument(
        "--experiments-dir", default="experiments", metavar="DIR", help="folder of results (default: experiments)"
    )
    parser.error = _refuse  # type: ignore[method-assign]  # the usage of so many flags would bury the message
    _add_what(parser)
    _add_training(parser)
    _add_signals(parser)
    _add_how(parser)
    _add_where(parser)
    _add_takes(parser)
    _add_verdict(parser)
    return parser


def _refuse(message: str) -> NoReturn:
    raise ConfigError(f"{message.removeprefix('argument ')}; see --help")


def _add_what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to run")
    source = group.add_mutually_exclusive_group()
    names = ", ".join(SUITES.names())
    source.add_argument("--suite", default="minimal", help=f"{names}, or FILE.py (default: minimal)")
    source.add_argument("--configs", nargs="+", metavar="PATH", help="run these saved config.json files instead")
    group.add_argument(
        "--seeds", nargs="+", type=_whole, metavar="N", help="each variant once a seed (default: 42 43 44)"
    )
    group.add_argument("--task", help="qa, nli or classification (default: what the embedded data set is, else qa)")
    group.add_argument("--model", help="demo, a folder or a hub name (default: demo)")
    group.add_argument("--dataset", help="demo, demo-nli, a file, a folder or a hub name (default: demo)")
    group.add_argument("--columns", nargs="+", metavar="NAME=COLUMN", help="columns that are not recognised")
    group.add_argument("--train-split", metavar="NAME", help="split to train on (default: train)")
    group.add_argument("--eval-split", metavar="NAME", help="split to evaluate on (default: validation)")
    group.add_argument(
        "--eval-datasets",
        nargs="*",
        metavar="NAME[@SPLIT]",
        help="further data sets to evaluate on (default: for demo its out-of-domain split)",
    )
    group.add_argument("--ablation", choices=("none", "q_only", "p_only"), help="hide a part of the input")


def _add_training(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training (defaults suit the model)")
    group.add_argument("--max-train-samples", type=_whole, metavar="N", help="rows, chosen at random")
    group.add_argument("--max-eval-samples", type=_whole, metavar="N", help="rows of each data set")
    group.add_argument("--max-length", type=_whole, metavar="N", help="longest input in tokens")
    group.add_argument("--doc-stride", type=_whole, metavar="N", help="tokens that neighbouring windows share")
    group.add_argument("--num-train-epochs", type=_number, metavar="X", help="passes over the training rows")
    group.add_argument("--learning-rate", type=_number, metavar="X", help="at its peak")
    group.add_argument("--warmup-ratio", type=_number, metavar="X", help="share of the steps in which it rises")
    group.add_argument("--weight-decay", type=_number, metavar="X", help="of the optimiser")
    group.add_argument("--per-device-train-batch-size", type=_whole, metavar="N", help="windows a step trains on")
    group.add_argument("--per-device-eval-batch-size", type=_whole, metavar="N", help="changes no result")
    group.add_argument("--gradient-accumulation-steps", type=_whole, metavar="N", help="batches a step adds up")
    group.add_argument(
        "--group-by-length", action=argparse.BooleanOptionalAction, help="batch inputs of similar length, or not"
    )
    group.add_argument("--budget", choices=("epochs", "steps"), help="what a filtered run holds equal")
    group.add_argument(
        "--dropout", type=_number, metavar="X", help="of every layer; 0 is faster (default: the model's)"
    )
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
    group.add_argument("--map-seeds", nargs="+", type=_whole, metavar="N", help="average the maps of these seeds")
    group.add_argument("--burn-in", type=_whole, metavar="N", help="first epochs to leave out of data maps")
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
    group.add_argument("--stop-on-error", action="store_true", help="begin nothing new once an experiment failed")
    group.add_argument("--force", action="store_true", help="train finished experiments again")
    group.add_argument("--no-tracking", action="store_true", help="keep the runs out of the experiment store")
    group.add_argument(
        "--db", metavar="PATH|URL", help="the experiment store (default: $EXPERIMENTS_DB_URL, else experiments.db)"
    )
    group.add_argument("--tags", nargs="+", default=(), metavar="TAG", help="words to find these experiments by")
    group.add_argument("--notes", default="", metavar="TEXT", help="a note on these experiments")
    group.add_argument("--show-plots", action="store_true", help="open a window with the plots (--mode analyze)")


def _add_where(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where to run (docs/scaling.md)")
    group.add_argument(
        "--executor", metavar="NAME", help=f"{', '.join(EXECUTORS.names())} (default: inline; workers with --workers)"
    )
    group.add_argument("--workers", type=_whole, metavar="N", help="so many runs at the same time")
    group.add_argument(
        "--gpus",
        nargs="+",
        action="extend",
        metavar="ID",
        help="GPUs of this machine, by number or UUID (default: free ones)",
    )
    group.add_argument(
        "--memory",
        type=_gigabytes,
        metavar="GB",
        help="main memory for all runs on this machine (default: what is free)",
    )
    group.add_argument(
        "--ray-address",
        dest="executor_option",
        nargs=1,
        action="extend",
        type=lambda address: f"address={address}",
        metavar="ADDRESS",
        help="of a Ray cluster: auto or HOST:PORT (default: $RAY_ADDRESS, else its own)",
    )
    group.add_argument(
        "--executor-option",
        "--slurm",
        nargs="+",
        action="extend",
        metavar="NAME=VALUE",
        help="what the executor alone knows, such as partition=gpu time_minutes=240; may be repeated",
    )
    group.add_argument("--wait", action="store_true", help="stay until a cluster that could be left is done")
    group.add_argument(
        "--enqueue", action="store_true", help="put into the store's queue: experiment_cli.py work does it"
    )
    most = HIGHEST_PRIORITY
    group.add_argument(
        "--priority", type=_priority, metavar="N", help=f"in the queue, from -{most} to {most} (default: 0)"
    )


def _add_takes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what each run takes (docs/scaling.md)")
    group.add_argument("--cpus-per-run", type=_number, metavar="X", help="cores that each run takes (default: 1)")
    group.add_argument(
        "--gpus-per-run",
        type=_number,
        metavar="X",
        help="that each run takes: 1, 2, or a share such as 0.5 (default: a fair share)",
    )
    group.add_argument("--memory-per-run", type=_gigabytes, metavar="GB", help="main memory that each run takes")
    group.add_argument(
        "--cost-per-run", type=_number, metavar="X", help="what each run costs, for work --max-cost-per-day"
    )
    group.add_argument(
        "--calls-per-run", type=_whole, metavar="N", help="calls that each run makes, for work --max-calls-per-hour"
    )
    group.add_argument("--minutes-per-run", type=_minutes, metavar="M", help="a run that takes longer is stopped")
    group.add_argument(
        "--threads-per-run", type=_whole, metavar="N", help="threads of PyTorch (default: the cores, divided)"
    )
    group.add_argument("--hang-minutes", type=_minutes, metavar="M", help="a run silent for so long is stopped")


def _add_verdict(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what counts as a difference (--mode analyze, and --until-decided)")
    group.add_argument("--metric", metavar="NAME", help="such as eval_f1 (default: the task's primary metric)")
    group.add_argument("--baseline", metavar="NAME", help="what the others are compared with (default: baseline)")
    group.add_argument(
        "--margin", type=_number, metavar="X", help="what is too small to matter (default: half a point)"
    )
    group.add_argument("--alpha", type=_number, metavar="X", help="level of the verdicts (default: 0.05)")
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
    judging.add_argument("--power", type=_number, metavar="X", help="of the seeds said to decide (default: 0.8)")
    deciding = parser.add_argument_group("seeds one by one (--mode run)")
    deciding.add_argument(
        "--until-decided", action="store_true", help="add seeds to what is undecided, and to nothing else"
    )
    deciding.add_argument("--max-seeds", type=_whole, metavar="N", help="of each variant (default: 12)")
