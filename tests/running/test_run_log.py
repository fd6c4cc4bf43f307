"""run.log takes what was logged, warned and printed, and the terminal our own warnings."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest

from errors import ResourceError
from running.run_log import recorded_in, shown_on


def test_logs_warnings_and_prints_go_to_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with recorded_in(tmp_path / "deep" / "run.log"):
        logging.getLogger("training.session").info("from us")
        logging.getLogger("transformers.trainer").warning("from a library")
        warnings.warn("careful", UserWarning, stacklevel=1)
        print("printed")
    logging.getLogger("training.session").warning("afterwards")
    text = (tmp_path / "deep" / "run.log").read_text()
    assert all(part in text for part in ("from us", "from a library", "careful", "printed"))
    assert "afterwards" not in text and capsys.readouterr().out == ""


def test_our_warnings_are_shown_once(tmp_path: Path) -> None:
    shown: list[str] = []
    with shown_on(shown.append):
        for _ in range(2):
            logging.getLogger("tasks.sources").warning("no split %r", "validation")
        logging.getLogger("transformers").warning("noise")
        logging.getLogger("tasks").error("kept for the outcome line")
    assert shown == ["warning: no split 'validation'"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="file"), recorded_in(tmp_path / "file" / "run.log"):
        pass
