"""Numbers that stand together have as many digits as tell them apart, and no more."""

from __future__ import annotations

import math

import pytest

from experiment_commands.numbers import format_for, number_text


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.8125, 0.5], ["0.8125", "0.5000"]),
        ([81.254, 9.0, None], ["81.25", "9.00", "–"]),
        ([70.0001, 70.0002], ["70.0001", "70.0002"]),
        ([16464141136.0, 16436142432.0, 24285407.0], ["1.646e+10", "1.644e+10", "2.429e+07"]),
        ([9.26e-5, 0.0], ["9.260e-05", "0"]),
        ([0.0, 0.0], ["0.000", "0.000"]),
        ([math.nan, 1.0], ["nan", "1.000"]),
    ],
)
def test_digits(values: list[float | None], shown: list[str]) -> None:
    form = format_for(values)
    assert [number_text(value, form) for value in values] == shown
