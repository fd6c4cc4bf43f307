"""Read, rebuild and average data maps."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomic_files import write_text
from cartography.averaging import average_data_maps
from cartography.data_map import DataMap, load_data_map, rebuild_data_map
from cartography.metrics import CATEGORIES, Thresholds
from errors import AssayError, ConfigError, SignalError

if TYPE_CHECKING:
    from cartography.report import TextSource

REPORT_FILE = "cartography_report.md"
_EXAMPLES = """\
examples:
  python -m cartography report cartography_output
  python -m cartography report cartography_output --top 25 --json > report.json
  python -m cartography report map --task classification --dataset data/sst2 --columns text=0 label=1
  python -m cartography rebuild map --burn-in 2
  python -m cartography average map_mean map_seed42 map_seed43 map_seed44

A data map is made by: python run.py --do_train --enable_cartography --cartography_output_dir DIR ...
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 2 a mistake of the user's."""
    parser = _parser()
    flags = parser.parse_args(arguments)
    try:
        flags.run(flags)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cartography",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_report(commands)
    rebuild = commands.add_parser("rebuild", help="compute a map again from its recorded training dynamics")
    rebuild.add_argument("folder", metavar="DIR", help="folder of the data map")
    rebuild.add_argument("--burn-in", type=int, metavar="N", help="first epochs to leave out (default: as before)")
    _add_thresholds(rebuild)
    rebuild.set_defaults(run=_rebuild)
    average = commands.add_parser("average", help="average the maps of several seeds")
    average.add_argument("out", metavar="OUT", help="folder of the averaged map")
    average.add_argument("folders", metavar="DIR", nargs="+", help="folders of the maps, of the same rows")
    _add_thresholds(average)
    average.set_defaults(run=_average)
    return parser


def _add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report", help="examples of each category with their text, breakdowns, label-error candidates"
    )
    report.add_argument("folder", metavar="DIR", help=f"folder of the data map; {REPORT_FILE} is written there")
    report.add_argument("--top", type=int, default=10, metavar="N", help="examples a category (default: 10)")
    report.add_argument("--chars", type=int, default=320, metavar="N", help="longest text shown (default: 320)")
    report.add_argument("--json", action="store_true", help="print JSON instead of tables")
    report.add_argument("--no-text", action="store_true", help="numbers alone; the data set is not read")
    data = report.add_argument_group("the data set", "Taken from the map's provenance.json unless given.")
    data.add_argument("--task", help="qa, nli or classification")
    data.add_argument("--dataset", help="as for run.py")
    data.add_argument("--split", help="split the map was made from")
    data.add_argument("--columns", nargs="+", metavar="NAME=COLUMN", help="columns by hand, as for run.py")
    report.set_defaults(run=_report)


def _add_thresholds(parser: argparse.ArgumentParser) -> None:
    for name, meaning in (("confidence", "easy at or above it"), ("variability", "ambiguous above it, else hard")):
        parser.add_argument(
            f"--{name}-threshold", type=float, metavar="X", help=f"{meaning} (default: the median over all examples)"
        )


def _report(flags: argparse.Namespace) -> None:
    from cartography.report import make_report
    from cartography.report_views import print_report, report_json, report_markdown

    if flags.top < 1 or flags.chars < 20:
        raise ConfigError(f"report: --top must be at least 1 and --chars at least 20, got {flags.top}, {flags.chars}")
    data_map = load_data_map(flags.folder)
    source = None if flags.no_text else _text_source(flags, data_map.provenance)
    report = make_report(data_map, source, flags.top, flags.folder)
    path = Path(flags.folder) / REPORT_FILE
    write_text(path, report_markdown(report, flags.chars))
    if flags.json:
        print(json.dumps(report_json(report), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    print_report(report, Console(), flags.chars)
    print(f"\nreport: {path}")


def _text_source(flags: argparse.Namespace, provenance: Mapping[str, Any]) -> TextSource:
    from cartography.report import TextSource
    from tasks import create_task
    from tasks.base import DataSource
    from tasks.sources import parse_columns

    wanted = {name: str(getattr(flags, name) or provenance.get(name) or "") for name in ("task", "dataset", "split")}
    unknown = [f"--{name}" for name, value in wanted.items() if not value]
    if unknown:
        raise SignalError(f"{flags.folder}: provenance.json does not say which data this is; give {' '.join(unknown)}")
    columns = parse_columns(flags.columns) if flags.columns else provenance.get("columns") or {}
    task = create_task(wanted["task"])
    return TextSource(task, task.load(DataSource(wanted["dataset"], wanted["split"], columns)))


def _rebuild(flags: argparse.Namespace) -> None:
    _print_map(rebuild_data_map(flags.folder, flags.burn_in, _thresholds(flags)), flags.folder)


def _average(flags: argparse.Namespace) -> None:
    _print_map(average_data_maps(flags.folders, flags.out, _thresholds(flags)), flags.out)


def _thresholds(flags: argparse.Namespace) -> Thresholds:
    return Thresholds(flags.confidence_threshold, flags.variability_threshold)


def _print_map(data_map: DataMap, folder: str) -> None:
    counts = {name: int((data_map.columns["category"] == name).sum()) for name in CATEGORIES}
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    print(f"data map: {Path(folder) / 'cartography_map.png'}")


if __name__ == "__main__":
    sys.exit(main())
