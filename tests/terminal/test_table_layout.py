"""Tables fit the width they are laid out for, and a row is a line where it should be."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from terminal.table_layout import lay_out, shortened
from terminal.text import printable

cells = st.text(st.sampled_from("ab 日é\n\x1b…🙂"), max_size=60)
tables = st.integers(1, 4).flatmap(
    lambda count: st.tuples(
        st.lists(st.sampled_from(["id", "name", "metrics.eval_f1", "n"]), min_size=count, max_size=count, unique=True),
        st.lists(st.lists(cells, min_size=count, max_size=count), max_size=4),
    )
)


@given(tables, st.integers(60, 120), st.booleans())
def test_tables_fit_and_rows_of_one_line_are_one_line(
    table: tuple[list[str], list[list[str]]], width: int, one_line: bool
) -> None:
    columns, rows = table
    for row in rows:
        row[:] = [printable(cell)[:13] if name == "id" else cell for name, cell in zip(columns, row, strict=True)]
    lines = [line.plain for line in lay_out(columns, rows, ["n"], width, one_line, whole=["id"]).lines]
    assert all(cell_len(line) <= width for line in lines)
    assert all(line == line.rstrip(" ") and line.isprintable() for line in lines)
    assert not one_line or len(lines) == 1 + len(rows)


@given(st.text(st.sampled_from("ab 日é…🙂"), max_size=60), st.integers(1, 30))
def test_a_shortened_text_keeps_its_ends(text: str, width: int) -> None:
    short = shortened(text, width)
    assert short == text if cell_len(text) <= width else cell_len(short) <= width
    begin, _, end = short.partition("…") if short != text else (text, "", "")
    assert text.startswith(begin)
    assert text.endswith(end) or "…" in text


def test_a_thousand_rows_take_no_time() -> None:
    columns = ["id", "name", "status", "duration", "tags"]
    rows = [[f"exp_{number:06}", f"name {number}", "completed", "5 min", "paper"] for number in range(1000)]
    # The first one imports what is needed.
    lay_out(columns, rows[:1])
    start = time.thread_time()
    lay_out(columns, rows)
    assert time.thread_time() - start < 0.5


def test_what_is_whole_stays_so_and_what_is_spare_goes() -> None:
    row = ["a" * 30, "b" * 30, "c" * 30]
    kept = lay_out(["name", "reason", "needs"], [row], width=62, spare=["needs"], whole=["name"])
    assert (kept.left_out, kept.remark) == (["needs"], "left out, as 62 columns have no room: needs")
    assert [line.plain.split() for line in kept.lines] == [["name", "reason"], row[:2]]
    narrower = lay_out(["name", "reason", "needs"], [row], width=54, spare=["needs"], whole=["name"])
    assert [line.plain.split() for line in narrower.lines[1:]] == [["a" * 30, "b" * 22], ["b" * 8]]
    roomy = lay_out(["name", "reason", "needs"], [row], width=94, spare=["needs"])
    assert (roomy.left_out, roomy.remark) == ([], "")
