"""Signals are joined by id, never by position, and refuse what is missing or not a number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import SignalError
from strategies import Signals, align
from tests.strategies.tables import map_signals


@given(st.permutations(range(8)), st.integers(1, 8))
def test_align_joins_by_id(table_order: list[int], count: int) -> None:
    table_ids = np.array([f"id{number}" for number in table_order])
    ids = np.array([f"id{number}" for number in range(count)])
    aligned = align(ids, table_ids, {"score": np.array(table_order) * 10}, "map.csv")
    assert aligned["score"].tolist() == [number * 10 for number in range(count)]


def test_align_counts_and_names_missing_rows() -> None:
    with pytest.raises(SignalError, match=r"map\.csv: covers 1 of 3 training rows \(missing: 'b', 'zz' \.\.\.\)"):
        align(np.array(["a", "b", "zz"]), np.array(["a", "c"]), {}, "map.csv")


def test_align_refuses_an_empty_table() -> None:
    with pytest.raises(SignalError, match="covers 0 of 1"):
        align(np.array(["a"]), np.array([], dtype=np.str_), {}, "map.csv")


def test_align_refuses_repeated_ids() -> None:
    with pytest.raises(SignalError, match="id 'b' stands in it more than once"):
        align(np.array(["a"]), np.array(["b", "a", "b"]), {}, "map.csv")


def test_scores_count_what_was_never_observed() -> None:
    signals = map_signals(confidence=[0.5, np.nan, np.inf])
    with pytest.raises(
        SignalError, match=r"confidence is not a finite number for 2 of 3 rows \(such as 'b', 'c'\).*anew"
    ):
        signals.scores("data_map", "confidence")


def test_scores_refuse_values_out_of_range_but_forgive_rounding() -> None:
    assert map_signals(variability=[0.5 + 1e-7]).scores("data_map", "variability", low=0, high=0.5) == [0.5]
    with pytest.raises(SignalError, match=r"variability of 1 of 2 rows lies outside \[0, 0\.5\]"):
        map_signals(variability=[0.1, 0.7]).scores("data_map", "variability", low=0, high=0.5)


def test_scores_refuse_text() -> None:
    with pytest.raises(SignalError, match="'category' is not numeric"):
        map_signals(category=["easy"]).scores("data_map", "category")


def test_column_names_what_there_is() -> None:
    with pytest.raises(SignalError, match=r"no column 'aum' \(it has: confidence\)"):
        map_signals(confidence=[0.5]).column("data_map", "aum")
    with pytest.raises(SignalError, match="'clusters' was not supplied"):
        map_signals(confidence=[0.5]).column("clusters", "cluster")


@given(st.permutations(range(9)), st.integers(0, 2**32 - 1))
def test_permuted_moves_tables_together_whatever_the_rows_order(order: list[int], seed: int) -> None:
    ids = np.array([f"{number}" for number in range(9)])
    values = np.arange(9)
    signals = Signals(ids=ids, tables={"one": {"x": values}, "two": {"y": values * 2}})
    shuffled = signals.permuted(np.random.default_rng(seed))
    assert (shuffled.tables["two"]["y"] == 2 * shuffled.tables["one"]["x"]).all()
    assert sorted(shuffled.tables["one"]["x"]) == list(range(9))
    other = Signals(ids=ids[order], tables={"one": {"x": values[order]}}).permuted(np.random.default_rng(seed))
    assert (other.tables["one"]["x"] == shuffled.tables["one"]["x"][order]).all()
