"""A clock of the day that tests set while processes run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["JumpingClock", "compiler"]

_SOURCE = Path(__file__).resolve().parent / "jumping_clock.c"


def compiler() -> str | None:
    """Return the C compiler that :class:`JumpingClock` needs."""
    return shutil.which("cc") or shutil.which("gcc")


class JumpingClock:
    """The clock of the day of all processes that are started with :attr:`environment`.

    The machine's own clock is left alone, and so are clocks that only go forward. Times of files are the kernel's,
    and do not move.

    Args:
        folder: for the library and the file that moves the clock.
    """

    def __init__(self, folder: Path) -> None:
        cc = compiler()
        assert cc is not None
        self._library = folder / "jumping_clock.so"
        self._offset = folder / "offset"
        subprocess.run([cc, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(_SOURCE)], check=True)
        self.set(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What processes must be started with."""
        return {"LD_PRELOAD": str(self._library), "ASSAY_CLOCK_OFFSET_FILE": str(self._offset)}

    def set(self, seconds: int) -> None:
        """Set it so many seconds after the machine's; before it where negative."""
        written = self._offset.with_suffix(".part")
        written.write_text(str(seconds))
        written.replace(self._offset)
