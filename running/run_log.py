"""run.log: what was logged and warned while a run was going on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from atomic_files import explain_os_error

__all__ = ["recorded_in", "shown_on", "warnings_in"]

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_OWN_HANDLERS = ("transformers", "datasets")
"""Libraries whose loggers do not pass records on to the root."""


@contextmanager
def recorded_in(path: Path) -> Iterator[None]:
    """Append everything that is logged or printed, and Python's warnings, to ``path``.

    Raises:
        ResourceError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise explain_os_error(error, path) from error
    handler.setFormatter(logging.Formatter(_FORMAT))
    # A full disk must end the run with one clear error, not with a traceback for each line.
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    with _attached(handler), redirect_stdout(handler.stream):
        logging.captureWarnings(True)
        try:
            yield
        finally:
            logging.captureWarnings(False)


@contextmanager
def shown_on(show: Callable[[str], None]) -> Iterator[None]:
    """Pass our own warnings to ``show``, each text once, behind "warning: "."""
    with _attached(_Shown(lambda message: show(f"warning: {message}"))):
        yield


@contextmanager
def warnings_in() -> Iterator[list[str]]:
    """Collect our own warnings, each text once: for whoever cannot see what this process shows."""
    found: list[str] = []
    with _attached(_Shown(found.append)):
        yield found


class _Shown(logging.Handler):
    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._show = show
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        foreign = record.name.partition(".")[0] in (*_OWN_HANDLERS, "py", "accelerate", "torch", "filelock")
        if record.levelno == logging.WARNING and not foreign and message not in self._seen:
            self._seen.add(message)
            self._show(message)


@contextmanager
def _attached(handler: logging.Handler) -> Iterator[None]:
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in _OWN_HANDLERS)]
    level = root.level
    root.setLevel(min(level, logging.INFO))
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(level)
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
