"""Plans and looks of two sides in words."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.power.seeds import Need
from analysis.sequential.monitoring import Look
from analysis.wording import p_text

__all__ = ["look_text", "need_line", "plan_lines", "with_notes"]


def plan_lines(
    names: tuple[str, str], seeds: Sequence[int], levels: Sequence[tuple[int, float]], alpha: float
) -> list[str]:
    """Return what is to be run, and what a claim takes.

    Args:
        names: of control and treatment.
        seeds: that both are to run; none where they share none.
        levels: for each number of seeds at which there is a look, what the p-value must fall below.
        alpha: level of all looks together.
    """
    control, treatment = names
    shown = ", ".join(f"{level:.2g} at {count}" for count, level in levels)
    runs = f"seeds {' '.join(map(str, seeds))} of both, one after another"
    if not seeds:
        runs = f"{levels[-1][0]} runs of each, in the order in which they end, as they share no seeds"
    return [
        f"{treatment} against {control}: {runs}",
        f"a claim takes p below {shown} seeds: {100 * alpha:g} % false claims over all looks together",
    ]


def need_line(need: Need, max_seeds: int) -> str:
    """Return what it takes to see an effect, beside the seeds that are planned."""
    if need.beyond_seeds:
        return need.beyond_seeds
    if need.seeds is None or need.seeds > max_seeds:
        many = "very many" if need.seeds is None else f"about {need.seeds}"
        return f"by the spread so far it takes {many} seeds {need.goal}: more than the {max_seeds} that are planned"
    return f"by the spread so far it takes about {need.seeds} seeds {need.goal}"


def look_text(look: Look, names: tuple[str, str], max_seeds: int) -> str:
    """Return what a look found, and what is to be expected of the last one."""
    control, treatment = names
    found = f"{treatment} - {control} is {look.comparison.difference:+.3g}"
    if look.interval is not None:
        found += f", {look.interval.low:+.3g} to {look.interval.high:+.3g} over all looks"
    if look.comparison.p_value is not None:
        found += f", p {p_text(look.comparison.p_value)} (a claim takes less than {look.level:.3g})"
    outlook = _outlook(look, max_seeds)
    return f"after {look.num_seeds} of at most {max_seeds} seeds: {found}{outlook and f'; {outlook}'}"


def _outlook(look: Look, max_seeds: int) -> str:
    if look.chances is None:
        return look.reason
    greater, less, equivalent = (f"{100 * chance:.0f} %" for chance in look.chances)
    return (
        f"by {max_seeds} seeds it will be found higher with a chance of {greater}, lower with {less}, "
        f"equivalent with {equivalent}"
    )


def with_notes(text: str, notes: Sequence[str]) -> str:
    """Return a text with a line for each note."""
    return "\n".join([text, *(f"note: {note}" for note in notes)])
