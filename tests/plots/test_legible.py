"""Names of any script reach a picture without boxes and without warnings."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from plots.legible import make_legible
from plots.saving import save_picture

NOWHERE = "\U000e0fff"
"""A character that is not assigned, so that no font has it."""


def _text(content: str) -> Text:
    figure = Figure(figsize=(1, 1))
    text = figure.text(0.1, 0.1, content)
    make_legible(figure)
    return text


def test_what_no_font_has_is_written_as_its_code() -> None:
    assert _text(f"a{NOWHERE}\x1b\x07").get_text() == r"a\U000e0fff\x1b\x07"
    assert _text("αβ ±\n–…").get_text() == "αβ ±\n–…"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_no_format_warns(tmp_path: Path, suffix: str) -> None:
    figure = Figure(figsize=(2, 2))
    ax = figure.subplots()
    ax.set_title(f"日本語 😀 \x1b[31m {NOWHERE} हिन्दी")
    ax.plot([1, 2], label="run\u202e名")
    ax.legend()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_picture(figure, tmp_path / f"x.{suffix}")


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=20))
def test_every_text_can_be_drawn(content: str) -> None:
    figure = Figure(figsize=(1, 1), dpi=20)
    figure.text(0.1, 0.1, content.replace("$", r"\$"))
    make_legible(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()


def test_names_of_ticks_are_written_in_what_fonts_have_and_stay_where_axes_share_them() -> None:
    figure = Figure(figsize=(3, 2))
    first, _ = figure.subplots(1, 2, sharey=True)
    first.set_yticks([0, 1], [f"a{NOWHERE}", "plain"])
    make_legible(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
    assert [name.get_text() for name in first.get_yticklabels()] == [r"a\U000e0fff", "plain"]
