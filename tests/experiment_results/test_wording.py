from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiment_results.wording import data_title, decimals_for, seeds_text, shortened, signed, unsigned


@pytest.mark.parametrize(("values", "decimals"), [([0.8, 1.0], 4), ([81.2, 79.9], 2), ([math.nan], 4), ([], 4)])
def test_decimals_follow_the_scale(values: list[float], decimals: int) -> None:
    assert decimals_for(values) == decimals


def test_numbers_are_written_with_sign_where_it_matters() -> None:
    assert [signed(value, 2) for value in (0.123, -0.5, 0.001, -0.001, math.nan)] == [
        "+0.12",
        "-0.50",
        "0.00",
        "0.00",
        "–",
    ]
    assert [unsigned(value, 3) for value in (0.5, math.nan)] == ["0.500", "–"]


def test_seeds_are_listed_until_they_are_many() -> None:
    assert seeds_text([42]) == "seed 42"
    assert seeds_text([44, 42, 43, 42]) == "seeds 42, 43, 44"
    assert seeds_text(range(1, 11)) == "10 seeds (1 to 10)"


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (("qa", "demo", "demo", "validation"), "demo, model demo"),
        (("qa", "/models/minilm", "../data/policyqa", "test"), "policyqa (test), model minilm"),
        (("qa", "org/bert", "glue:sst2", ""), "glue:sst2, model org/bert"),
        (("", "", "", ""), "unknown data, model unknown"),
    ],
)
def test_data_title_shows_the_last_part_of_paths(data: tuple[str, ...], title: str) -> None:
    assert data_title(data) == title


@given(st.lists(st.text("ab_", min_size=1, max_size=60), min_size=1, max_size=8), st.integers(8, 50))
def test_shortened_labels_stay_as_distinct_as_they_were(labels: list[str], limit: int) -> None:
    cut = shortened(labels, limit)
    assert len(set(cut)) == len(set(labels))
    assert cut == labels or max(map(len, cut)) <= limit
