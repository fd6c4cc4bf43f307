"""What work says of its progress reaches its folder: at once, not too often, and the last of it in any case."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

from execution.mail_folder import MailFolder, Reports
from tests.waiting import PATIENCE_S, until

_FOR_EVER = 1e6


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path)


def test_a_report_after_silence_is_written_at_once_and_one_right_after_it_at_the_end(folder: MailFolder) -> None:
    with Reports(folder, pause_seconds=_FOR_EVER) as reports:
        reports.report({"step": 1})
        until(lambda: folder.progress() == {"step": 1}, "the report")
        for step in range(2, 100):
            reports.report({"step": step})
        assert folder.progress() == {"step": 1}
    assert folder.progress() == {"step": 99}


def test_reports_go_on_after_the_pause(folder: MailFolder) -> None:
    with Reports(folder, pause_seconds=0.01) as reports:
        for step in ({"step": number} for number in range(5)):
            reports.report(step)
            until(partial(lambda wanted: folder.progress() == wanted, step), f"the report of {step}")


def test_who_says_nothing_writes_nothing(folder: MailFolder) -> None:
    with Reports(folder, pause_seconds=0.01):
        pass
    assert list(folder.path.iterdir()) == []


def test_what_is_said_before_anybody_writes_is_written(folder: MailFolder) -> None:
    reports = Reports(folder, pause_seconds=_FOR_EVER)
    # The thread that writes may begin later than the work.
    reports.report({"step": 1})
    with reports:
        pass
    assert folder.progress() == {"step": 1}


def test_what_was_written_is_not_written_again_at_the_end(folder: MailFolder) -> None:
    with Reports(folder, pause_seconds=_FOR_EVER) as reports:
        reports.report({"step": 1})
        until(folder.progress_stamp, "the report")
        stamp = folder.progress_stamp()
    assert folder.progress_stamp() == stamp


def test_a_report_that_cannot_be_written_ends_nothing(folder: MailFolder) -> None:
    with Reports(folder, pause_seconds=_FOR_EVER) as reports:
        reports.report({"step": object()})
        reports.report({"step": 1})
    assert folder.progress() == {"step": 1}


class _Over(threading.Event):
    """Work ends between the look and the answer, which is that it has not ended."""

    def __init__(self, said: threading.Event) -> None:
        super().__init__()
        self._said = said

    def is_set(self) -> bool:
        answer = super().is_set()
        self.set()
        self._said.set()
        return answer


def test_work_that_ends_while_a_report_is_looked_at_ends_the_writing_too(folder: MailFolder) -> None:
    reports = Reports(folder, pause_seconds=_FOR_EVER)
    reports._over = _Over(reports._said)
    reports._thread.start()
    reports.report({"step": 1})
    reports._thread.join(PATIENCE_S)
    assert not reports._thread.is_alive()
    assert folder.progress() == {"step": 1}
