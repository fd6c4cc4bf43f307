"""Tables show text; a terminal obeys none of it."""

from __future__ import annotations

import pytest

from experiment_commands.output import print_table


@pytest.mark.parametrize(("text", "shown"), [("\x1b[31mred\x07", r"\x1b[31mred\x07"), ("[red]x[/red]", "[red]x[/red]")])
def test_neither_escapes_nor_markup_have_effect(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [(text,)])
    assert capsys.readouterr().out.splitlines()[1].strip() == shown


def test_lines_of_a_note_stay_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table((), [("first\nsecond",)])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == ["first", "second"]
