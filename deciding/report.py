"""What is printed at each look, and at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from analysis.sequential.design import Design
from analysis.sequential.monitoring import Look
from analysis.wording import p_text
from deciding.grid import Grid
from deciding.options import DecidingOptions

__all__ = ["end_lines", "look_lines", "plan_lines"]


def plan_lines(grid: Grid, design: Design, options: DecidingOptions) -> list[str]:
    """Return what the looks will be, before there is any."""
    variants, most = len(grid.experiments), len(grid.experiments) * design.max_seeds
    level = design.alpha / len(grid.treatments)
    levels = [f"{design.level(count, level):.2g} at {count}" for count in design.looks]
    return [
        f"looks: after {design.first_look} seeds and after each that follows, up to {design.max_seeds}; "
        f"{variants * design.first_look} to {most} runs",
        f"better or worse than {grid.baseline}: p below {', '.join(levels)} seeds, "
        f"which leaves a chance of {100 * options.alpha:g} % of any false claim",
        f"given up: what is less than {100 * design.futility:g} % likely to be decided by {design.max_seeds} seeds",
    ]


def look_lines(
    grid: Grid, looks: Mapping[str, Sequence[Look]], metric: str, margin: float | None, count: int
) -> list[str]:
    """Return one line a variant, of its newest look."""
    rows: list[tuple[str, ...]] = [("strategy", "seeds", "difference", "interval", "p", "claimed below", "")]
    rows += [_row(name, history) for name, history in looks.items()]
    title = f"look at {count} of at most {len(grid.seeds)} seeds: {metric} beside {grid.baseline}"
    return ["", title if margin is None else f"{title}, margin {margin:g}", *_aligned(rows)]


def _row(name: str, history: Sequence[Look]) -> tuple[str, ...]:
    if not history:
        return (name, "", "", "", "", "", "too few runs have succeeded")
    look = history[-1]
    p_value, interval = look.comparison.p_value, look.interval
    return (
        name,
        str(look.num_seeds),
        f"{look.comparison.difference:+.3g}",
        "" if interval is None else f"{interval.low:+.3g} to {interval.high:+.3g}",
        p_text(p_value),
        f"{look.level:.2g}",
        _verdict(look),
    )


def _verdict(look: Look) -> str:
    if not look.stop:
        return f"go on: {look.reason}"
    given_up = look.word == "undecided" and look.chances is not None
    word = "given up" if given_up else look.word
    return f"{word}: {look.reason}" if look.reason else word


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column in (0, 3, 6) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def end_lines(grid: Grid, looks: Mapping[str, Sequence[Look]], num_runs: int) -> list[str]:
    """Return what each variant came to, and what it took."""
    words = {name: history[-1].word if history else "undecided" for name, history in looks.items()}
    counted = Counter(words.values())
    most = len(grid.seeds) * len(grid.experiments)
    by_word = sorted(words, key=lambda name: words[name])
    return [
        "",
        *(f"{word}: {', '.join(names)}" for word, names in groupby(by_word, key=lambda name: words[name])),
        f"{sum(counted.values()) - counted['undecided']} of {len(grid.treatments)} comparisons are decided, "
        f"by {num_runs} of at most {most} runs",
    ]
