"""The progress bar of run.py: phase, steps, time left and loss; nothing where there is no terminal."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from training.callbacks import Progress as RunProgress

__all__ = ["RunBar"]


class RunBar:
    """Draws one bar a phase on a terminal; piped output gets one line a phase."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._phase = ""
        self._task = self._bars.add_task("starting", total=None, detail="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def step(self, progress: RunProgress) -> None:
        """Show where the run stands."""
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._bars.update(self._task, visible=False)
            self._task = self._bars.add_task(progress.phase, total=None, detail="")
            if not self._console.is_terminal:
                self._console.print(f"{progress.phase} ...", markup=False, highlight=False)
        loss = "" if progress.loss is None else f"loss {progress.loss:.3f}"
        self._bars.update(self._task, completed=progress.step, total=progress.total_steps or None, detail=loss)
