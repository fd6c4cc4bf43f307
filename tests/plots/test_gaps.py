from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plots.gaps import without_gaps


def test_the_row_or_the_column_that_lacks_most_is_left_out() -> None:
    tasks = {f"task {place}": dict.fromkeys("abc").keys() for place in range(7)}
    assert without_gaps({**tasks, "last": dict.fromkeys("bc").keys()}) == (list(tasks), ["a", "b", "c"])
    assert without_gaps({**tasks, "task 0": dict.fromkeys("abcd").keys()}) == (list(tasks), ["a", "b", "c"])
    assert without_gaps({}) == ([], [])


@given(st.dictionaries(st.integers(0, 6), st.frozensets(st.sampled_from("abcdef"))))
def test_nothing_is_missing_in_what_is_left_and_a_full_table_stays(table: dict[int, frozenset[str]]) -> None:
    rows, columns = without_gaps(table)
    assert all(set(columns) <= table[row] for row in rows)
    if len(set(table.values())) == 1:
        assert rows == list(table)
