"""``compare``: what differs between experiments, and who is ahead."""

from __future__ import annotations

from typing import Annotated

import typer

from errors import ConfigError
from experiment_commands.comparing.report import compare_subjects, comparison_json
from experiment_commands.comparing.tables import print_comparison
from experiment_commands.judging.sides import remarks_on_looks
from experiment_commands.options import Db, Higher, Json, Lower
from experiment_commands.output import print_json, warn
from experiment_commands.subjects import find_subjects
from tracking.reading.local_backend import LocalBackend

__all__ = ["compare"]

Whom = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Experiments, or variants and groups over their seeds.")
]
Metric = Annotated[
    str | None, typer.Option("--metric", "-m", metavar="NAME", help="Metric that decides (default: the primary one).")
]
ByGroup = Annotated[
    bool, typer.Option("--by-group", help="Compare each experiment's configuration over all its seeds.")
]
Level = Annotated[float, typer.Option(metavar="P", help="Level of the intervals.")]


def compare(
    ids: Whom,
    metric: Metric = None,
    by_group: ByGroup = False,
    lower: Lower = None,
    higher: Higher = None,
    level: Level = 0.95,
    db: Db = None,
    json: Json = False,
) -> int:
    """Show what differs between 2 to 20 experiments, their metrics side by side, and by how much the best is ahead.

    Equal settings are left out. Variants and groups are compared by their means over seeds. Intervals are those of
    significance, uncorrected: of groups they cover the choice of seeds, and of examples where runs kept their scores;
    of single runs that of examples alone.

    \b
    Examples:
      python experiment_cli.py compare baseline_seed42 label_smoothing_seed42
      python experiment_cli.py compare baseline label_smoothing --metric eval_f1
      python experiment_cli.py compare a1b2c3 d4e5f6 --by-group --json
    """
    if not 0 < level < 1:
        raise ConfigError(f"--level {level}: expected a probability between 0 and 1, such as 0.95")
    if len(ids) < 2:
        raise ConfigError(f"{ids[0]}: one alone cannot be compared; name at least two")
    backend = LocalBackend(db)
    subjects = find_subjects(backend, ids, by_group)
    comparison = compare_subjects(backend, subjects, metric, lower or (), higher or (), level)
    if json:
        print_json(comparison_json(comparison))
    else:
        print_comparison(comparison)
        for each in remarks_on_looks(comparison.compared):
            warn(each)
    return 0
