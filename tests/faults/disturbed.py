"""A suite to be made by commands that faults befall."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.faults.endings import SMALL, SuiteSize, arguments, faults_of_folder, faults_of_queue, faults_of_store, steps
from tests.processes import Command, Commands

__all__ = ["INLINE", "QUEUE", "WAYS", "WORKERS", "DisturbedSuite"]

INLINE, WORKERS, QUEUE = "inline", "workers", "queue"
WAYS = (INLINE, WORKERS, QUEUE)
"""By whom it is made: the runner's own process; workers of a runner; workers that take from the store's queue."""


class DisturbedSuite:
    """Starts commands that make one suite, and says what is wrong in the end.

    Args:
        commands: starts them.
        place: their working directory.
        undisturbed: :func:`tests.faults.endings.content` of the suite that nothing befell.
        store: the store; None: an SQLite file in ``place``.
        folder: of the experiments; None: one in ``place``.
        size: of the suite.
    """

    def __init__(
        self,
        commands: Commands,
        place: Path,
        undisturbed: Mapping[str, Any],
        store: str | None = None,
        folder: Path | None = None,
        size: SuiteSize = SMALL,
    ) -> None:
        self._commands = commands
        self._place = place
        self._undisturbed = undisturbed
        self.store = store or str(place / "experiments.db")
        self.folder = folder or place / "experiments"
        self.runs = size.runs
        self._size = size
        self._what = arguments(self.folder, size)
        self.gate = commands.gate(self.folder)
        """Holds its runs half-way; open at first."""
        self.environment: dict[str, str] = {}
        self.started: list[Command] = []

    def elsewhere(self, folder: Path) -> DisturbedSuite:
        """Return the same suite with its experiments in another folder, such as one on a small disk."""
        return DisturbedSuite(self._commands, self._place, self._undisturbed, self.store, folder, self._size)

    def with_store(self, store: str) -> DisturbedSuite:
        """Return the same suite in another store."""
        return DisturbedSuite(self._commands, self._place, self._undisturbed, store, self.folder, self._size)

    def command(self, program: str, *words: str, fresh: bool = False, before: str = "") -> Command:
        """Start a command that knows the store."""
        environment = {"EXPERIMENTS_DB_URL": self.store, **self.gate.environment, **self.environment}
        command = self._commands.start(
            program, *words, folder=self._place, environment=environment, fresh=fresh, before=before
        )
        self.started.append(command)
        return command

    def add(self) -> None:
        """Put the suite into the store's queue."""
        command = self.command("run_experiments", "--mode", "run", "--enqueue", *self._what)
        assert command.wait() == 0, command.output

    def start(self, way: str, *words: str, fresh: bool = False, before: str = "") -> Command:
        """Start whoever makes the suite, as often as one likes; for the queue, :meth:`add` comes first.

        Args:
            way: one of :data:`WAYS`.
            words: further ones of the command line.
            fresh: see :meth:`Commands.start`.
            before: see :meth:`Commands.start`.
        """
        if way == QUEUE:
            return self.command("experiment_cli", "work", "--max-concurrent", "2", *words, fresh=fresh, before=before)
        shared = ("--workers", "2") if way == WORKERS else ()
        return self.command(
            "run_experiments", "--mode", "run", *self._what, *shared, *words, fresh=fresh, before=before
        )

    def begin(self, way: str, *words: str, at: int = 8, runs: str = "*", fresh: bool = False) -> Command:
        """Start it, for the queue after :meth:`add`, and return when it is half-way: its :attr:`gate` holds it there.

        Args:
            way: one of :data:`WAYS`.
            words: further ones of the command line.
            at: how many steps it has logged then in all.
            runs: those that log them, and no more; others go on.
            fresh: see :meth:`Commands.start`.
        """
        if way == QUEUE:
            self.add()
        self.gate.shut_after(at, runs)
        command = self.start(way, *words, fresh=fresh)
        command.until(lambda: steps(self.folder, runs) >= at)
        return command

    def faults(self, way: str) -> list[str]:
        """Return in words what is wrong now that the suite should be complete."""
        left = [f"{line} still runs" for line in self._commands.wait_for_silence()]
        wrong = faults_of_folder(self.folder, self._undisturbed) + faults_of_store(self.store, self.runs)
        return left + wrong + (faults_of_queue(self.store) if way == QUEUE else [])

    @property
    def outputs(self) -> str:
        """What all commands printed, for whoever reads why a test failed."""
        return "\n----\n".join(command.output for command in self.started)
