"""Importance of parameters: sums of squares as in statsmodels, honest p-values, and plain words where nothing tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.anova import anova_lm

from analysis.importance.effects import Effect
from analysis.importance.report import Importance, importance

RATES = (1e-4, 3e-4, 1e-3)
Parameters = Mapping[str, Sequence[Any]]


def _grid(noise: float = 0.5, num_seeds: int = 3) -> tuple[Parameters, NDArray[np.float64]]:
    """Return a grid of rate x batch x optimizer, where rate matters most, batch with the optimizer, and drop never."""
    rng = np.random.default_rng(0)
    rows = [
        (rate, batch, optimizer, drop)
        for rate in RATES
        for batch in (16, 32)
        for optimizer in ("adamw", "sgd")
        for drop in (0.0, 0.1)
        for _ in range(num_seeds)
    ]
    rate, batch, optimizer, drop = zip(*rows, strict=True)
    parameters: Parameters = {"rate": rate, "batch": batch, "optimizer": optimizer, "drop": drop}
    both = (np.array(batch) == 32) & (np.array(optimizer) == "sgd")
    scores = 70 + 4 * (np.array(rate) == RATES[1]) + 3 * both + rng.normal(0, noise, len(rows))
    return parameters, scores


def _importance(parameters: Parameters, scores: Any, **options: Any) -> Importance:
    return importance(parameters, scores, rng=np.random.default_rng(1), **{"num_permutations": 999, **options})


def _effect(found: Importance, name: str) -> Effect:
    return next(each for each in found.effects if each.factors[0][0] == name)


def _anova(parameters: Parameters, scores: NDArray[np.float64], formula: str) -> Any:
    return anova_lm(smf.ols(formula, pd.DataFrame({**parameters, "score": scores})).fit(), typ=2)


@pytest.mark.parametrize("kept", [slice(None), slice(0, 55)], ids=["balanced", "unbalanced"])
def test_main_effects_are_those_of_an_analysis_of_variance(kept: slice) -> None:
    whole, scores = _grid()
    parameters = {name: values[kept] for name, values in whole.items()}
    found = _importance(parameters, scores[kept])
    expected = _anova(parameters, scores[kept], "score ~ C(rate) + C(batch) + C(optimizer) + C(drop)")
    for name in parameters:
        effect, row = _effect(found, name), expected.loc[f"C({name})"]
        assert effect.statistic == pytest.approx(row["F"])
        assert effect.degrees == (row["df"], expected.loc["Residual", "df"])
        total = float(np.sum((scores[kept] - scores[kept].mean()) ** 2))
        mean_square = expected.loc["Residual", "sum_sq"] / expected.loc["Residual", "df"]
        assert effect.share == pytest.approx(max(0.0, (row["sum_sq"] - row["df"] * mean_square) / total))


def test_interactions_are_those_of_an_analysis_of_variance() -> None:
    parameters, scores = _grid()
    additive = "score ~ C(rate) + C(batch) + C(optimizer) + C(drop)"
    expected = _anova(parameters, scores, f"{additive} + C(batch):C(optimizer)").loc["C(batch):C(optimizer)"]
    found = _importance(parameters, scores)
    first = found.interactions[0]
    assert {names[0] for names in first.factors} == {"batch", "optimizer"}
    assert first.statistic == pytest.approx(expected["F"])
    assert first.p_corrected == pytest.approx(6 / 1000)
    assert len(found.interactions) == 6


def test_the_change_between_two_values_is_the_coefficient_of_least_squares() -> None:
    parameters, scores = _grid()
    frame = pd.DataFrame({**parameters, "score": scores})
    fit = smf.ols("score ~ C(rate) + C(batch) + C(optimizer) + C(drop)", frame).fit()
    effect = _effect(_importance(parameters, scores, level=0.9), "batch")
    assert (effect.highest_at, effect.lowest_at) == (32, 16)
    assert effect.change == pytest.approx(fit.params["C(batch)[T.32]"])
    assert effect.interval == pytest.approx(fit.conf_int(0.1).loc["C(batch)[T.32]"].tolist())


def test_the_interval_of_a_chosen_pair_of_values_is_scheffes() -> None:
    parameters, scores = _grid()
    frame = pd.DataFrame({**parameters, "score": scores})
    fit = smf.ols("score ~ C(rate) + C(batch) + C(optimizer) + C(drop)", frame).fit()
    effect = _effect(_importance(parameters, scores), "rate")
    assert effect.highest_at == RATES[1]
    assert effect.interval is not None and effect.change is not None
    contrast = fit.t_test(
        f"C(rate)[T.{RATES[1]}]" + ("" if effect.lowest_at == RATES[0] else f" - C(rate)[T.{RATES[2]}]")
    )
    half = np.sqrt(2 * stats.f.ppf(0.95, 2, fit.df_resid)) * float(np.squeeze(contrast.sd))
    assert effect.interval == pytest.approx((effect.change - half, effect.change + half))


def test_what_moved_the_scores_comes_first_and_what_did_not_is_not_claimed() -> None:
    found = _importance(*_grid())
    assert found.effects[0].factors == (("rate",),)
    assert (found.effects[0].share or 0) > 0.4
    drop = _effect(found, "drop")
    assert drop.p_corrected is not None and drop.p_corrected > 0.05
    assert drop.interval is not None and drop.interval.low < 0 < drop.interval.high
    assert (found.num_runs, found.num_configurations) == (72, 24)
    assert found.repetition_std == pytest.approx(0.5, rel=0.3)


def test_p_values_of_permutations_agree_with_f_under_normal_noise() -> None:
    parameters, scores = _grid(noise=8.0)
    found = _importance(parameters, scores, num_permutations=20_000)
    for effect in found.effects:
        assert effect.statistic is not None and effect.degrees is not None
        assert effect.p_value == pytest.approx(stats.f.sf(effect.statistic, *effect.degrees), abs=0.02)


def test_the_level_is_held_under_skewed_noise() -> None:
    rng = np.random.default_rng(2)
    parameters = _grid(num_seeds=1)[0]
    p_values = [
        [each.p_value for each in _importance(parameters, rng.exponential(size=24), num_permutations=199).effects]
        for _ in range(100)
    ]
    assert np.mean(np.array(p_values, dtype=float) < 0.05) < 0.08


def test_a_number_with_many_values_is_a_trend_that_may_turn() -> None:
    rng = np.random.default_rng(3)
    rates = 10.0 ** rng.uniform(-5, -2, 60)
    scores = 80 - 3 * (np.log10(rates) + 3.5) ** 2 + rng.normal(0, 0.5, 60)
    decays = rng.uniform(0, 0.1, 60)
    found = _importance({"rate": rates.tolist(), "decay": decays.tolist()}, scores)
    effect = found.effects[0]
    assert (effect.factors[0], effect.degrees) == (("rate",), (2, 55))
    assert np.log10(effect.highest_at) == pytest.approx(-3.5, abs=0.2)
    assert effect.change == pytest.approx(3 * 1.5**2, rel=0.2)
    # It rises and falls, so that the ranks show little.
    rate, decay = found.correlations
    assert abs(rate.outcome.estimate or 0) < 0.5
    assert decay.outcome.estimate == pytest.approx(stats.spearmanr(decays, scores).statistic)


def test_parameters_that_always_move_together_are_one() -> None:
    parameters, scores = _grid()
    both = {**parameters, "warmup": [str(value) for value in parameters["batch"]]}
    assert _effect(_importance(both, scores), "batch").factors == (("batch", "warmup"),)


def test_a_setting_of_one_strategy_belongs_to_it() -> None:
    strategy = ["baseline", "smoothing", "filter"] * 4
    parameters: Parameters = {
        "strategy": strategy,
        "smoothing.factor": [0.1 if each == "smoothing" else None for each in strategy],
        "learning_rate": [1e-3] * 12,
    }
    found = _importance(parameters, np.arange(12.0))
    assert [each.factors for each in found.effects] == [(("strategy",),)]
    assert [(each.name, each.reason) for each in found.left_out] == [("smoothing.factor", "told by strategy already")]


def test_a_setting_of_one_strategy_that_varies_has_an_effect_of_its_own() -> None:
    strategy = ["baseline", "smoothing", "smoothing"] * 6
    factor = [None, 0.1, 0.5] * 6
    scores = np.array([70.0, 71.0, 75.0] * 6) + np.random.default_rng(0).normal(0, 0.1, 18)
    effect = _effect(_importance({"strategy": strategy, "smoothing.factor": factor}, scores), "smoothing.factor")
    assert effect.degrees == (1, 15)
    assert effect.p_value == pytest.approx(1 / 1000)


def test_what_cannot_be_told_apart_is_said() -> None:
    x = [1, 1, 2, 2, 3, 3] * 2
    found = _importance({"first": x, "second": [value > 1 for value in x]}, np.arange(12.0))
    assert _effect(found, "second").problem == "cannot be told apart from first"
    assert "only occur with certain values" in _effect(found, "first").problem


def test_too_few_runs_and_nothing_that_varies_are_said() -> None:
    few = _importance({"a": [1, 2, 1, 2], "b": [1, 1, 2, 2], "c": [1, 2, 2, 1]}, [1.0, 2.0, 3.0, 5.0])
    assert {each.problem for each in few.effects} == {"4 runs are too few for so many parameters"}
    assert _importance({"a": [1, 1]}, [1.0, 2.0]).problem == "no parameter varies"
    assert _importance({"a": [1, 2]}, [1.0, 1.0]).problem == "all runs have the same score"
    own = _importance({"note": list("abcdef"), "a": [1, 2] * 3}, np.arange(6.0))
    assert own.left_out[0].reason == "a value of its own in most runs"


def test_lack_of_fit_is_that_of_the_larger_model() -> None:
    parameters, scores = _grid()
    frame = pd.DataFrame({**parameters, "score": scores})
    additive = smf.ols("score ~ C(rate) + C(batch) + C(optimizer) + C(drop)", frame).fit()
    whole = smf.ols("score ~ C(rate) * C(batch) * C(optimizer) * C(drop)", frame).fit()
    found = _importance(parameters, scores)
    assert found.lack_of_fit_p == pytest.approx(anova_lm(additive, whole)["Pr(>F)"].iloc[1])
    assert found.repetition_std == pytest.approx(np.sqrt(whole.mse_resid))
    assert _importance(_grid(num_seeds=1)[0], _grid(num_seeds=1)[1]).lack_of_fit_p is None


def test_pairs_that_the_runs_cannot_tell_are_said() -> None:
    # No run has both.
    first, second = [0, 1, 0] * 4, [0, 0, 1] * 4
    (pair,) = _importance({"first": first, "second": second}, np.arange(12.0) % 5).interactions
    assert (pair.p_value, pair.problem) == (None, "too few combinations of their values were tried")


def test_what_is_explained_without_rest_is_the_surest() -> None:
    found = _importance({"a": [1, 2] * 6}, [5.0, 7.0] * 6, num_permutations=99)
    (effect,) = found.effects
    assert effect.statistic == np.inf
    assert effect.p_value is not None and effect.p_value <= 0.02
    assert effect.interval == pytest.approx((2.0, 2.0))
    assert found.repetition_std == 0


@pytest.mark.parametrize("kind", [np.int64, np.float32])
def test_numbers_of_numpy_are_numbers(kind: type[np.number]) -> None:
    sizes = np.repeat([8, 16, 32, 64, 128, 256, 512], 3)
    scores = np.log(sizes) + np.random.default_rng(0).normal(size=sizes.size)
    found = _importance({"batch": list(sizes.astype(kind))}, scores)
    assert found == _importance({"batch": sizes.tolist()}, scores)
    assert found.effects[0].degrees == (2, 18)
    assert len(found.correlations) == 1


@pytest.mark.parametrize("has_strategy", [True, False])
def test_a_number_that_a_strategy_alone_has_keeps_its_trend(has_strategy: bool) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.uniform(0.1, 0.9, size=30)
    strategies = {"strategy": ["smooth"] * 30 + ["baseline"] * 10} if has_strategy else {}
    scores = np.concatenate([70 + 10 * drawn, np.full(10, 60.0)]) + rng.normal(0, 0.2, size=40)
    found = _importance({"smoothing": [*drawn.tolist(), *[None] * 10]} | strategies, scores)
    assert not found.left_out
    effect = _effect(found, "smoothing")
    assert effect.problem == ""
    assert (effect.highest_at, effect.lowest_at) == (drawn.max(), drawn.min())
    assert effect.change == pytest.approx(10 * np.ptp(drawn), abs=0.5)
    assert effect.degrees == ((2, 36) if has_strategy else (3, 36))
    (correlation,) = found.correlations
    assert correlation.outcome.estimate == pytest.approx(stats.spearmanr(drawn, scores[:30]).statistic)


def test_impossible_arguments_raise() -> None:
    with pytest.raises(ValueError, match="one value for each of the 2 scores"):
        _importance({"a": [1]}, [1.0, 2.0])
    with pytest.raises(ValueError, match="level"):
        _importance({"a": [1, 2]}, [1.0, 2.0], level=1.0)


@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-100, 100), scale=st.floats(0.1, 10), order=st.randoms(use_true_random=False))
def test_order_shift_and_scale_of_the_scores_change_nothing(shift: float, scale: float, order: Any) -> None:
    parameters, scores = _grid()
    places = list(range(scores.size))
    order.shuffle(places)
    moved = {name: [values[place] for place in places] for name, values in parameters.items()}
    first = _importance(parameters, scores, num_permutations=99)
    second = _importance(moved, shift + scale * scores[places], num_permutations=99)
    for effect in first.effects:
        other = _effect(second, effect.factors[0][0])
        assert other.statistic == pytest.approx(effect.statistic)
        assert other.share == pytest.approx(effect.share, abs=1e-9)
        assert other.change == pytest.approx(scale * (effect.change or 0))
        assert other.highest_at == effect.highest_at


def test_the_same_seed_gives_the_same_answer() -> None:
    parameters, scores = _grid()
    assert _importance(parameters, scores) == _importance(parameters, scores)
