"""Scores of examples count only where their mean is the metric, and seeds together only where they fit each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.variant_scores import RunScores, VariantScores, compare_variants, score_fields, scores_of_runs
from score_files import ScoreColumns


def _columns(**columns: Sequence[float | None]) -> ScoreColumns:
    arrays = {name: np.array(column, dtype=np.float64) for name, column in columns.items()}
    return ScoreColumns(tuple(str(each) for each in range(len(next(iter(arrays.values()))))), arrays)


def _read(metric: str, *runs: tuple[float, ScoreColumns | str]) -> VariantScores:
    return scores_of_runs(
        [RunScores(seed, value, examples) for seed, (value, examples) in enumerate(runs)],
        metric,
        lambda seeds: " ".join(f"s{seed}" for seed in seeds),
    )


@pytest.mark.parametrize(
    ("metric", "name", "may_be"),
    [
        ("eval_f1", "f1", True),
        ("squad/f1", "f1", True),
        ("f1", "f1", True),
        ("eval_accuracy", "correct", True),
        ("eval_exact_match", "em", True),
        ("eval_f11", "f1", False),
        ("eval_macrof1", "f1", False),
        ("f1", "eval_f1", False),
    ],
)
def test_a_field_is_the_end_of_the_metrics_name_or_another_name_of_it(metric: str, name: str, may_be: bool) -> None:
    assert (name in score_fields(metric)) is may_be


@pytest.mark.parametrize(("value", "scale"), [(0.75, 1.0), (75.0, 100.0), (0.8, 1.0)])
def test_the_scale_is_found_and_rounding_is_forgiven(value: float, scale: float) -> None:
    found = _read("eval_f1", (value, _columns(f1=[1, 1, 1, 0])))
    assert found.scores is not None
    np.testing.assert_array_equal(found.scores.examples, [[scale, scale, scale, 0]])
    assert (found.scale, found.notes, found.problem) == (scale, (), "")


def test_a_metric_of_two_decimals_has_scores_of_examples() -> None:
    scores = [1.0] * 219 + [0.0] * 98
    found = _read("eval_f1", (69.09, _columns(f1=scores)))
    assert found.scores is not None
    assert found.scores.num_examples == 317


def test_the_longest_name_goes_first() -> None:
    found = _read("eval_macro_f1", (0.5, _columns(f1=[0, 1], macro_f1=[0.5, 0.5])))
    assert found.scores is not None
    np.testing.assert_array_equal(found.scores.examples, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("examples", "reason"),
    [
        ("no file", "no file"),
        (_columns(f1=[1.0, 0.0]), "the f1 of its 2 examples averages to 0.5, not to eval_f1 0.9"),
        (_columns(f1=[0.9, None]), "the f1 of 1 of 2 examples is no number"),
        (_columns(score=[7.0, 8.0]), "eval_f1 is no mean over examples"),
        (ScoreColumns((), {}), "eval_f1 is no mean over examples"),
    ],
)
def test_scores_of_something_else_are_refused_and_said(examples: ScoreColumns | str, reason: str) -> None:
    found = _read("eval_f1", (0.9, examples), (1.0, _columns(f1=[1.0, 1.0])))
    assert found.scores is not None
    assert found.scores.examples is None
    assert found.notes == (f"s0: {reason}, so that the chance of examples is left out",)
    np.testing.assert_array_equal(found.scores.values, [0.9, 1.0])


def test_seeds_of_two_scales_are_not_taken_together() -> None:
    found = _read("f1", (0.5, _columns(f1=[0, 1])), (50.0, _columns(f1=[0, 1])), (0.0, _columns(f1=[0, 0])))
    assert found.problem == "given in percent by s1 and not by s0"


def test_fractions_are_not_compared_with_percents() -> None:
    rng = np.random.default_rng(3)
    tables = rng.random((6, 40))
    sides = [
        _read("f1", *((scale * float(row.mean()), _columns(f1=row.tolist())) for row in rows))
        for scale, rows in ((1.0, tables[:3]), (100.0, tables[3:]))
    ]
    found = compare_variants(*sides)
    assert found is not None
    assert (found.p_value, found.interval) == (None, None)
    assert found.problem == "the control gives the metric in percent, the treatment does not"


def test_runs_keep_the_order_in_which_they_ended() -> None:
    runs = [RunScores(seed, float(seed), "none") for seed in (5, 3, 4)]
    found = scores_of_runs(runs, "f1", str)
    assert found.order == (5, 3, 4)
    assert found.scores is not None
    assert found.scores.seeds == (3, 4, 5)


def test_nothing_is_compared_with_nothing() -> None:
    assert compare_variants(VariantScores(None), _read("f1", (1.0, "none"))) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from([1.0, 100.0]))
def test_what_averages_to_the_metric_is_found(scores: list[float], scale: float) -> None:
    found = _read("eval_f1", (scale * sum(scores) / len(scores), _columns(f1=scores)))
    assert found.scores is not None
    assert found.scores.num_examples == len(scores)
