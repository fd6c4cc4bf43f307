"""What the terminal shows while a plan is executed: bars where there is one, plain lines where there is not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from planning.nodes import Node
from planning.table import duration

if TYPE_CHECKING:
    from training.callbacks import Progress as RunProgress

__all__ = ["Display", "outcome_line"]


def outcome_line(results: dict[str, Any]) -> str:
    """Return one line on how an experiment ended: name, primary metric, time, what was kept; or the error."""
    name = results["name"]
    if not results["success"]:
        return f"FAILED  {name}: {results['error']['type']}: {results['error']['message']}"
    parts = [f"done    {name}"]
    metric = results["primary_metric"]
    value = results["metrics"].get(metric)
    if value is not None:
        parts.append(f"{metric} {value:.4g}")
    parts.append(duration(results["duration_seconds"]).removeprefix("~"))
    report = results["strategy_report"]
    if report.get("rows_dropped"):
        parts.append(f"kept {report['rows_kept']:,} of {report['rows_before']:,} rows")
    if results["resumed_from"]:
        parts.append(f"resumed from step {results['resumed_from']}")
    return "  ".join(parts)


class Display:
    """Shows a suite's bar with the time left, the current run's bar, and a line for each outcome.

    Args:
        weights: expected seconds of each node that is not done, by its folder.
        console: where to print; None means standard output.
        quiet: print nothing.
    """

    def __init__(self, weights: dict[Path, float], console: Console | None = None, quiet: bool = False) -> None:
        self._console = Console(quiet=True) if quiet else console or Console(file=sys.stdout)
        # A node without a known cost still moves the bar.
        self._weights = {folder: max(weight, 0.01) for folder, weight in weights.items()}
        self._done = 0.0
        self._started = 0
        self._weight = 0.0
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[detail]}"),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            speed_estimate_period=600,
        )
        self._suite = self._bars.add_task("suite", total=sum(self._weights.values()) or 1, detail="")
        self._run = self._bars.add_task("", total=1, detail="", visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def line(self, text: str) -> None:
        """Print a line above the bars."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, node: Node) -> None:
        """Show that ``node`` is being made."""
        self._started += 1
        self._weight = self._weights.get(node.folder, 0.0)
        self._bars.reset(self._run, total=1, description=node.name, detail="", visible=True)
        self._bars.update(self._suite, detail=f"{self._started}/{len(self._weights)}")
        if not self._console.is_terminal:
            self.line(f"start   {node.name}  ({self._started}/{len(self._weights)})")

    def step(self, progress: RunProgress) -> None:
        """Show how far the current node is."""
        if progress.phase == "training":
            fraction = progress.step / progress.total_steps
            loss = "" if progress.loss is None else f"  loss {progress.loss:.3f}"
            detail = f"step {progress.step}/{progress.total_steps}{loss}"
            self._bars.update(self._run, completed=fraction, detail=detail)
            self._bars.update(self._suite, completed=self._done + fraction * self._weight)
        else:
            self._bars.update(self._run, detail=progress.phase)

    def end(self, text: str) -> None:
        """Show how the current node ended."""
        self._done += self._weight
        self._weight = 0.0
        self._bars.update(self._suite, completed=self._done)
        self._bars.update(self._run, visible=False)
        self.line(text)
