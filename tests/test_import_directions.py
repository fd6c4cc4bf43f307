"""Rooms import downwards only: this table is the house's plan, and every module stands in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

FOUNDATION = {"errors", "registry", "atomic_files", "score_files", "validated", "terminal"}
CONFIG = {"experiment_config", "strategies", "tasks"}

MAY_IMPORT: dict[str, set[str]] = {
    # the foundation imports only what stands before it
    "errors": set(),
    "registry": {"errors"},
    "atomic_files": {"errors"},
    "score_files": {"atomic_files"},
    "validated": {"errors", "registry"},
    "terminal": set(),
    # rooms that know nothing of experiments
    "strategies": FOUNDATION,
    "analysis": FOUNDATION,
    "jobs": FOUNDATION,
    "plots": FOUNDATION | {"analysis"},
    "tracking": FOUNDATION | {"analysis", "jobs"},
    "execution": FOUNDATION | {"jobs", "tracking"},
    "tasks": FOUNDATION,
    "cartography": FOUNDATION | {"tasks"},
    "clustering": FOUNDATION | {"tasks"},
    # what an experiment is, and how one is trained
    "experiment_config": FOUNDATION | {"strategies", "tasks"},
    "training": FOUNDATION | CONFIG | {"cartography", "clustering", "jobs", "tracking"},
    # many experiments
    "suites": FOUNDATION | CONFIG,
    "planning": FOUNDATION | CONFIG,
    "running": FOUNDATION
    | CONFIG
    | {"cartography", "clustering", "execution", "jobs", "planning", "tracking", "training"},
    "experiment_runner": FOUNDATION | CONFIG | {"execution", "jobs", "planning", "running", "tracking"},
    "experiment_results": FOUNDATION | {"analysis", "experiment_config", "plots"},
    "experiment_analysis": FOUNDATION | {"analysis", "experiment_config", "experiment_results", "plots"},
    "deciding": FOUNDATION | CONFIG | {"analysis", "experiment_results", "experiment_runner"},
    "experiment_ab_test": FOUNDATION | CONFIG | {"analysis", "experiment_results"},
    "experiment_commands": FOUNDATION
    | {
        "analysis",
        "experiment_ab_test",
        "experiment_config",
        "experiment_results",
        "experiment_runner",
        "execution",
        "jobs",
        "plots",
        "running",
        "tracking",
    },
    # the commands and their flags; nobody imports a command
    "run_flags": FOUNDATION | CONFIG,
    "run_bar": FOUNDATION | {"training"},
    "run": FOUNDATION | CONFIG | {"execution", "run_bar", "run_flags", "training"},
    "experiment_cli": FOUNDATION | {"experiment_commands"},
    "suite_flags": FOUNDATION | CONFIG | {"analysis", "execution", "jobs", "suites"},
    "run_experiments": FOUNDATION
    | CONFIG
    | {
        "analysis",
        "deciding",
        "execution",
        "experiment_analysis",
        "experiment_runner",
        "jobs",
        "suite_flags",
        "suites",
        "tracking",
    },
    "extract_embeddings": FOUNDATION | {"clustering", "tasks"},
    "cluster_analysis": FOUNDATION | {"clustering", "tasks"},
}
FLOORS_OF_TRACKING: dict[str, set[str]] = {
    "statuses": set(),
    "processes": set(),
    "folders": {"statuses"},
    "store": {"folders", "indexing"},  # indexing: a broken file is made anew from the folders, loaded only then
    "indexing": {"processes", "statuses", "folders", "store"},
    "queue": {"processes", "store", "indexing"},
    "states": {"processes", "statuses", "folders", "store", "indexing"},
    "reading": {"processes", "statuses", "folders", "store", "states"},
    "recording": {"processes", "statuses", "folders", "store", "indexing", "states"},
    "upkeep": {"processes", "statuses", "folders", "store", "indexing", "states", "reading"},
}
FLOORS_OF_ANALYSIS: dict[str, set[str]] = {
    # modules that are not named here stand on the ground, and import nothing from above it
    "effects": set(),
    "bootstrap": set(),
    "crossed": {"effects"},
    "variant_scores": {"crossed"},
    "power": {"crossed"},
    "verdicts": {"crossed", "power"},
    "sequential": {"crossed", "power", "verdicts"},
    "hypothesis_tests": {"bootstrap", "crossed"},
    "importance": {"hypothesis_tests"},
}
COMMANDS = {"experiment_cli", "run", "run_experiments", "extract_embeddings", "cluster_analysis"}
NOT_THE_PRODUCT = {"tests", "benchmarks", "examples", "docs", "build", "dist"}


def rooms(root: Path) -> Iterator[tuple[str, list[Path]]]:
    for entry in sorted(root.iterdir()):
        if entry.suffix == ".py":
            yield entry.stem, [entry]
        elif entry.is_dir() and entry.name not in NOT_THE_PRODUCT and not entry.name.startswith("."):
            files = sorted(entry.rglob("*.py"))
            if files:
                yield entry.name, files


def _imported_rooms(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names & MAY_IMPORT.keys()


def _wrong_imports(room: str, source: str) -> set[str]:
    return _imported_rooms(source) - MAY_IMPORT.get(room, set()) - {room}


def test_every_room_stands_in_the_table(root: Path) -> None:
    unknown = {room for room, _ in rooms(root)} - MAY_IMPORT.keys()
    assert not unknown, f"give {sorted(unknown)} a place in MAY_IMPORT"


def test_the_page_of_the_house_names_every_room_and_floor(root: Path) -> None:
    page = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    places = [*MAY_IMPORT, *FLOORS_OF_TRACKING, *FLOORS_OF_ANALYSIS]
    assert not [name for name in places if not re.search(rf"[`\s]{name}(/|\.py|`|\s)", page)]


def test_rooms_import_downwards_only(root: Path) -> None:
    wrong = [
        f"{file.relative_to(root)} imports {name}"
        for room, files in rooms(root)
        for file in files
        for name in sorted(_wrong_imports(room, file.read_text(encoding="utf-8")))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("room", "floors"),
    [("tracking", FLOORS_OF_TRACKING), ("analysis", FLOORS_OF_ANALYSIS)],
    ids=["tracking", "analysis"],
)
def test_floors_stand_on_each_other(room: str, floors: dict[str, set[str]], root: Path) -> None:
    wrong = [
        f"{file.relative_to(root)} imports {imported}"
        for file in sorted((root / room).rglob("*.py"))
        if file != root / room / "__init__.py"  # it passes the parts on
        for floor in [file.relative_to(root / room).with_suffix("").parts[0]]
        for imported in sorted(_imported_floors(room, file.read_text(encoding="utf-8")) & floors.keys())
        if imported not in floors.get(floor, set()) | {floor}
    ]
    assert not wrong


def test_floors_of_analysis_have_no_cycle() -> None:
    assert set(TopologicalSorter(FLOORS_OF_ANALYSIS).static_order()) == FLOORS_OF_ANALYSIS.keys()


def _imported_floors(room: str, source: str) -> set[str]:
    return set(re.findall(rf"^\s*(?:from|import) {room}(?:\.| import )(\w+)", source, re.MULTILINE))


def test_the_table_has_no_cycle_and_no_room_imports_a_command() -> None:
    order = list(TopologicalSorter(MAY_IMPORT).static_order())
    assert set(order) == MAY_IMPORT.keys()
    assert not COMMANDS & set().union(*MAY_IMPORT.values())


@pytest.mark.parametrize(
    "source",
    ["import training", "from training.session import run_experiment", "def f():\n    import training.trainer as t"],
)
def test_a_wrong_import_is_seen_wherever_it_hides(source: str) -> None:
    assert _wrong_imports("strategies", source) == {"training"}
