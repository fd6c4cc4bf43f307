"""Embed the rows of a data set: [CLS] joined with the answer's mean for QA, the mean over all tokens otherwise."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomic_files import check_writable
from errors import AssayError, ConfigError

if TYPE_CHECKING:
    from clustering.embedding_files import Embeddings

_EXAMPLES = """\
examples:
  python extract_embeddings.py                                            the embedded demo, offline
  python extract_embeddings.py --task nli --dataset demo-nli --output_dir nli_clusters
  python extract_embeddings.py --task classification --dataset data/sst2 --columns text=0 label=1 --model MODEL
  python extract_embeddings.py --dataset squad.json --model runs/trainer_output --output_dir squad_clusters

Then: python cluster_analysis.py DIR
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 2 a mistake of the user's, 130 interrupted."""
    flags = _parser().parse_args(arguments)
    try:
        embeddings = _extract(flags)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    _report(flags, embeddings)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="extract_embeddings.py",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    data = parser.add_argument_group("data")
    data.add_argument("--task", help="qa, nli or classification (default: what the embedded data set is, else qa)")
    data.add_argument(
        "--dataset", default="demo", help="demo, demo-nli, a hub name, name:subset, a file or a folder (default: demo)"
    )
    data.add_argument(
        "--split", "--train_split", default="train", help="split to embed (default: train); never one to evaluate on"
    )
    data.add_argument("--columns", nargs="+", default=[], metavar="NAME=COLUMN", help="columns by hand: text=0 label=1")
    data.add_argument("--max_train_samples", type=int, metavar="N", help="at most so many rows, the same as run.py's")
    model = parser.add_argument_group("model")
    model.add_argument("--model", default="demo", help="demo, a folder (a run's trainer_output), or a hub name")
    model.add_argument("--max_length", type=int, metavar="TOKENS", help="longest input (default: 384 for qa)")
    model.add_argument("--doc_stride", type=int, default=128, metavar="TOKENS", help="shared by windows (default: 128)")
    model.add_argument("--batch_size", type=int, default=64, metavar="N", help="inputs at once (default: 64)")
    model.add_argument("--seed", type=int, default=0, help="of the demo model's weights (default: 0)")
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output_dir", default="cluster_output", metavar="DIR", help="gets embeddings/ (default: cluster_output)"
    )
    output.add_argument("--json", action="store_true", help="print what was made as JSON")
    return parser


def _extract(flags: argparse.Namespace) -> Embeddings:
    from clustering import ClusteringOptions, extract
    from clustering.preparation import EMBEDDINGS_FOLDER
    from tasks import create_task, usual_task
    from tasks.base import DataSource
    from tasks.sources import parse_columns

    names = ("model", "max_length", "doc_stride", "batch_size", "seed")
    options = ClusteringOptions(**{name: getattr(flags, name) for name in names})
    if flags.max_train_samples is not None and flags.max_train_samples < 1:
        raise ConfigError(f"--max_train_samples: expected 1 or more, got {flags.max_train_samples}")
    # Embedding takes long: whether the result can be kept is asked first.
    check_writable(Path(flags.output_dir))
    task = create_task(flags.task or usual_task(flags.dataset))
    rows = task.load(DataSource(flags.dataset, flags.split, parse_columns(flags.columns), flags.max_train_samples))
    with _progress_bar(len(rows)) as progress:
        return extract(options, rows, task, Path(flags.output_dir) / EMBEDDINGS_FOLDER, progress)


@contextmanager
def _progress_bar(total: int) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("embedding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        shown = bar.add_task("embedding", total=total)
        yield lambda done, _: bar.update(shown, completed=done)


def _report(flags: argparse.Namespace, embeddings: Embeddings) -> None:
    from clustering.preparation import EMBEDDINGS_FOLDER

    folder = Path(flags.output_dir) / EMBEDDINGS_FOLDER
    count, width = embeddings.vectors.shape
    if flags.json:
        facts: dict[str, Any] = {"folder": str(folder), "rows": count, "dimensions": width, **embeddings.provenance}
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    print(f"embeddings: {folder / 'embeddings.npy'} ({count:,} rows x {width})")
    print(f"next: python cluster_analysis.py {shlex.quote(flags.output_dir)}")


if __name__ == "__main__":
    sys.exit(main())
