from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from datasets import Dataset
from numpy.typing import NDArray

from tasks.base import DataSource, Rows
from tasks.spans import decode, is_correct, window_of_gold

NAN = np.nan


def _features(row: list[int], holds: list[bool]) -> Dataset:
    """Windows of four tokens: CLS, and three context tokens of one character each at 0, 1 and 2."""
    count = len(row)
    return Dataset.from_dict(
        {
            "row": row,
            "has_answer": holds,
            "context_first": [1] * count,
            "context_last": [3] * count,
            "offset_mapping": [[0, 0, 0, 1, 1, 2, 2, 3]] * count,
        }
    )


def _rows(*golds: list[str]) -> Rows:
    answers = [{"text": gold, "answer_start": [0] * len(gold)} for gold in golds]
    table = {"id": [str(n) for n in range(len(golds))], "context": ["xyz"] * len(golds), "answers": answers}
    return Rows(Dataset.from_dict(table), DataSource("data"))


def _records(log_p: list[float], **columns: list[float]) -> dict[str, NDArray[Any]]:
    best = {"best_start": 1, "best_end": 1, "best_score": 0.0, "best_log_p": 0.0, "null_score": 0.0}
    full = {name: columns.get(name, [value] * len(log_p)) for name, value in best.items()}
    return {name: np.asarray(values) for name, values in {"log_p_start": log_p, "log_p_end": log_p, **full}.items()}


@pytest.mark.parametrize(
    ("holds", "log_p", "expected"),
    [
        ([False, True, True], [-0.1, -3, -2], 2),  # the best window among those that hold the answer
        ([False, False, False], [-0.1, -3, -2], 1),  # no window does: the one least sure of CLS
        ([False, True, True], [-0.1, -3, NAN], 1),
        ([False, True, True], [-0.1, NAN, NAN], -1),  # a null window never speaks for an answered row
        ([True, True, True], [-1, -1, -1], 0),
    ],
)
def test_one_window_speaks_for_a_row(holds: list[bool], log_p: list[float], expected: int) -> None:
    assert window_of_gold(_records(log_p), _features([0, 0, 0], holds), 1).tolist() == [expected]


def test_windows_of_many_rows_in_any_order() -> None:
    features = _features([2, 0, 2, 1, 0], [True, False, True, True, True])
    assert window_of_gold(_records([-1, -0.1, -2, -5, -4]), features, 4).tolist() == [4, 3, 0, -1]


def test_the_best_window_is_decoded() -> None:
    records = _records([-1, -1, -1], best_start=[1, 2, 3], best_end=[1, 3, 3], best_score=[1, 5, 9])
    decoded = decode(records, _features([0, 0, 1], [True] * 3), _rows(["yz"], ["x"]), no_answer_allowed=False)
    assert decoded.texts == ["yz", "z"]
    assert is_correct(decoded, _rows(["yz"], ["x"])).tolist() == [True, False]
    assert is_correct(decoded, _rows(["a", "The YZ!"], ["x"])).tolist() == [True, False]


@pytest.mark.parametrize(("null", "text"), [([9.0, 4.0], "x"), ([9.0, 6.0], "")])
def test_no_answer_wins_if_every_window_prefers_it(null: list[float], text: str) -> None:
    records = _records([-1, -1], best_score=[5, 3], null_score=null)
    features = _features([0, 0], [False, False])
    decoded = decode(records, features, _rows([]), no_answer_allowed=True)
    assert decoded.texts == [text] and decoded.spans == ["x"]
    assert is_correct(decoded, _rows([])).tolist() == [text == ""]
    assert decode(records, features, _rows(["x"]), no_answer_allowed=False).texts == ["x"]


def test_what_was_not_observed_has_no_prediction() -> None:
    records = _records([NAN, -1], best_score=[NAN, 1], best_log_p=[NAN, -1], null_score=[NAN, 0])
    decoded = decode(records, _features([0, 1], [True, True]), _rows(["x"], ["x"]), no_answer_allowed=False)
    assert decoded.observed.tolist() == [False, True] and decoded.texts == ["", "x"]
    assert np.isnan(decoded.score[0])


def test_a_window_without_context_decodes_to_nothing() -> None:
    features = _features([0], [False]).remove_columns(["context_first", "context_last"])
    features = features.add_column("context_first", [4]).add_column("context_last", [3])
    assert decode(_records([-1]), features, _rows([]), no_answer_allowed=False).texts == [""]
