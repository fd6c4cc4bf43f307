"""What becomes of a suite of short runs that faults befall: docs/reliability.md keeps what this finds.

``python benchmarks/chaos.py`` makes the suite undisturbed, then again under each fault, compares, and prints the page's
table, with ``--write`` into the page as well. ``--kills 5 --seeds 2 --only workers queue`` makes a short trial of it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from atomic_files import write_text
from tests.faults.disturbed import INLINE, DisturbedSuite
from tests.faults.endings import SuiteSize, content
from tests.faults.scenes import SCENES, Seen
from tests.processes import Commands

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
_PLACE = re.compile(r"(<!-- chaos -->\n).*?(<!-- end -->)", re.DOTALL)


def measure(names: list[str], arguments: argparse.Namespace, place: Path) -> tuple[str, bool]:
    """Return the table of these scenes, and whether anything was wrong."""
    size = SuiteSize(arguments.seeds, rows=200, epochs=arguments.epochs)
    with Commands(place) as commands:
        undisturbed, seconds = _undisturbed(commands, place, size)
        anything_wrong = False
        rows = [("none", "", f"{len(undisturbed)} things to be equal to", f"{seconds:.0f}")]
        for name in names:
            folder = place / name
            folder.mkdir()
            suite = DisturbedSuite(commands, folder, undisturbed, size=size)
            seen = _attempt(name, suite, arguments)
            rows.append((seen.fault, seen.done, "; ".join(seen.wrong) or "nothing is wrong", f"{seen.seconds:.0f}"))
            anything_wrong |= bool(seen.wrong)
            print("\n".join([*_row(rows[-1]).splitlines(), *(seen.outputs if seen.wrong else [])]), flush=True)
    titles = ["fault", "what was done", "what is wrong in the end", "seconds"]
    return "\n".join([_row(titles), _row(["---"] * 4), *map(_row, rows)]), anything_wrong


def _undisturbed(commands: Commands, place: Path, size: SuiteSize) -> tuple[dict[str, Any], float]:
    folder = place / "undisturbed"
    folder.mkdir()
    suite, started = DisturbedSuite(commands, folder, {}, size=size), time.monotonic()
    command = suite.start(INLINE)
    if command.wait(1800):
        raise SystemExit(command.output)
    return content(suite.folder), time.monotonic() - started


def _attempt(name: str, suite: DisturbedSuite, arguments: argparse.Namespace) -> Seen:
    try:
        return SCENES[name](suite, arguments.kills, arguments.seed)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        return Seen(name, "it broke off", [f"{type(error).__name__}: {reason}"], 0.0, [str(error), suite.outputs])


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Measure every scene and print the table; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs a suite (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of whom they hit, and when (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=10, help="of the suite: two runs each (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=5, help="a checkpoint each (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=SCENES, default=list(SCENES), help="which (default: all)")
    parser.add_argument("--write", action="store_true", help="write the table into the page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as place:
        table, anything_wrong = measure(arguments.only, arguments, Path(place))
    table += f"\n\nA suite of {2 * arguments.seeds} runs; {arguments.kills} kills, seed {arguments.seed}."
    print(table)
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        write_text(PAGE, _PLACE.sub(lambda marks: f"{marks[1]}\n{table}\n\n{marks[2]}", page))
    return int(anything_wrong)


if __name__ == "__main__":
    raise SystemExit(main())
