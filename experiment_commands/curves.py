"""``curves``: draw how metrics of several runs went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from errors import ConfigError
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, warn
from experiment_commands.subjects import find_subjects
from tracking.reading.local_backend import LocalBackend

if TYPE_CHECKING:
    from experiment_commands.drawing.curve_data import Panel, Recorded

__all__ = ["curves"]

_DEFAULT_OUTPUT = Path("curves.png")
_MAX_POINTS = 1000

Whom = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Experiments, or variants and groups over their seeds.")
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", "-m", metavar="NAME", help="Metric to draw, several times for several panels."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Picture: .png, .svg or .pdf (default: curves.png)."),
]
ByGroup = Annotated[bool, typer.Option("--by-group", help="Draw each experiment's configuration over all its seeds.")]
Smooth = Annotated[
    float, typer.Option(metavar="SHARE", help="Average so much of a curve around each point, such as 0.05.")
]
Log = Annotated[bool, typer.Option("--log", help="Use a logarithmic axis for values.")]
MaxPoints = Annotated[int, typer.Option(metavar="N", help="Read at most so many points of a series.", min=2)]


def curves(
    ids: Whom,
    metric: Metrics = None,
    output: Output = None,
    by_group: ByGroup = False,
    smooth: Smooth = 0.0,
    log: Log = False,
    max_points: MaxPoints = _MAX_POINTS,
    db: Db = None,
    json: Json = False,
) -> int:
    """Draw metrics of several experiments over steps, or the mean and spread over seeds of several configurations.

    Without --metric it draws the loss, the primary metric and other qualities that all of them logged, six at most.
    A result (eval_f1) means its curve (eval/f1). Equal lines lie inside each other. With --json it prints the
    numbers, and draws only if --output is given.

    \b
    Examples:
      python experiment_cli.py curves baseline_seed42 label_smoothing_seed42
      python experiment_cli.py curves baseline label_smoothing --metric train/loss --metric eval/f1 -o curves.pdf
      python experiment_cli.py curves a1b2c3 d4e5f6 --by-group --smooth 0.05 --log
    """
    from experiment_commands.drawing.curve_data import choose_metrics, panels, read_recorded

    if not 0 <= smooth <= 1:
        raise ConfigError(f"--smooth {smooth}: expected a share of the curve between 0 and 1, such as 0.05")
    backend = LocalBackend(db)
    subjects = find_subjects(backend, ids, by_group)
    recorded = read_recorded(backend, subjects, (), max_points)
    found = panels(recorded, choose_metrics(recorded, metric or ()), smooth)
    _tell_absent(recorded, found)
    if not found:
        raise ConfigError("the seeds of each of these share no step; draw the runs themselves, without --by-group")
    if json:
        print_json(_plain(found))
    if output is not None or not json:
        _draw(found, output or _DEFAULT_OUTPUT, log, quiet=json)
    return 0


def _tell_absent(recorded: Sequence[Recorded], found: Sequence[Panel]) -> None:
    for each in recorded:
        lacking = [panel.metric for panel in found if each.label not in {course.label for course in panel.courses}]
        if each.is_empty:
            warn(f"{each.label} has logged no metric, so it has no line")
        elif lacking:
            warn(f"{each.label} has no line of {', '.join(lacking)}")


def _plain(found: Sequence[Panel]) -> list[dict[str, Any]]:
    return [
        {
            "metric": panel.metric,
            "curves": [
                {
                    "label": course.label,
                    "num_runs": course.num_runs,
                    **{name: values.tolist() for name, values in course.curve._asdict().items()},
                }
                for course in panel.courses
            ],
        }
        for panel in found
    ]


def _draw(found: Sequence[Panel], output: Path, log: bool, quiet: bool) -> None:
    from experiment_commands.drawing.curve_picture import draw_panels
    from plots.saving import save_picture

    path = save_picture(draw_panels(found, log), output)
    for panel in found:
        if log and not panel.all_positive:
            warn(f"{panel.metric} has values that are not above zero, so its axis is not logarithmic")
    if not quiet:
        lines = max(len(panel.courses) for panel in found)
        print(
            f"wrote {path}: {', '.join(panel.metric for panel in found)} of {lines} {'line' if lines == 1 else 'lines'}"
        )
