from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.scores import Scores
from plots.data_map_overlay import draw_overlay, overlay_data
from plots.evaluation_map import EvaluationMap, map_of_scores
from tests.plots.drawn import assert_legible_in_print, texts_of

NUM_EXAMPLES = 400
DIFFICULTY = np.clip(np.random.default_rng(1).normal(0.7, 0.3, NUM_EXAMPLES), 0, 1)


def _scores(rng: np.random.Generator, gain: float | NDArray[np.float64] = 0.0, num_seeds: int = 3) -> Scores:
    chance = np.clip(DIFFICULTY + gain, 0, 1)
    return Scores.of_examples(range(num_seeds), 100.0 * (rng.random((num_seeds, NUM_EXAMPLES)) < chance))


def test_a_map_of_scores_counts_runs_alike() -> None:
    many = Scores.of_examples([1, 2, 3], [[0.0, 100.0]] * 3, ["a", "b"])
    one = Scores.of_examples([1], [[100.0, 100.0]], ["b", "a"])
    found = map_of_scores([many, one])
    assert found.confidence.tolist() == [25.0, 100.0]
    assert found.variability.tolist() == [pytest.approx(100 * np.sqrt(3) / 4), 0.0]
    assert found.region.tolist() == ["ambiguous", "easy"]
    assert map_of_scores([many, one], higher_is_better=False).region.tolist() == ["easy", "hard"]


@pytest.mark.parametrize(("never", "sometimes"), [(60, 0), (55, 45), (80, 0)])
def test_examples_that_nobody_solves_are_not_easy_even_if_they_are_most(never: int, sometimes: int) -> None:
    first = np.full(100, 100.0)
    first[:never] = 0.0
    second = first.copy()
    second[never : never + sometimes] = 0.0
    region = map_of_scores([Scores.of_examples([1, 2], [first, second])]).region
    assert "easy" not in region[:never]
    assert (region[never + sometimes :] == "easy").all()


@pytest.mark.parametrize(("num_seeds", "num_control_seeds"), [(3, 12), (12, 3)])
def test_no_region_gains_where_one_side_has_more_seeds(num_seeds: int, num_control_seeds: int) -> None:
    """Strategies that each count alike, whatever their seeds, would leave a gain of more than a point."""
    rng = np.random.default_rng(0)
    gains: list[list[float]] = []
    for _ in range(60):
        control, treatment = _scores(rng, num_seeds=num_control_seeds), _scores(rng, num_seeds=num_seeds)
        known = map_of_scores([control, treatment, *(_scores(rng) for _ in range(4))])
        (overlay,) = overlay_data("f1", [("x", treatment)], control, known).overlays
        gains.append([region.difference for region in overlay.regions if region.region != "hard"])
    assert np.abs(np.mean(gains, axis=0)).max() < 0.6


def test_one_seed_has_no_interval_and_no_region_is_marked_as_better() -> None:
    rng = np.random.default_rng(0)
    control, treatment = _scores(rng), _scores(rng, 0.2, num_seeds=1)
    data = overlay_data("f1", [("x", treatment)], control, map_of_scores([control, treatment]))
    assert all(region.interval is None for region in data.overlays[0].regions)
    words = " ".join(texts_of(draw_overlay(data)).split())
    assert "no line: no interval" in words and "not corrected for 3 regions: no verdicts" in words


def test_no_region_gains_where_nothing_differs() -> None:
    """A map of the baseline's scores alone finds a loss in the easy region; one of both sides finds none."""
    rng = np.random.default_rng(0)
    gains: dict[str, list[float]] = {"easy": [], "ambiguous": [], "hard": []}
    naive: list[float] = []
    for _ in range(40):
        control, treatment = _scores(rng), _scores(rng)
        (overlay,) = overlay_data("f1", [("x", treatment)], control, map_of_scores([control, treatment])).overlays
        for region in overlay.regions:
            gains[region.region].append(region.difference)
        (wrong,) = overlay_data("f1", [("x", treatment)], control, map_of_scores([control])).overlays
        naive += [region.difference for region in wrong.regions if region.region == "easy"]
    assert np.mean(naive) < -3
    for differences in gains.values():
        assert abs(np.mean(differences)) < 4 * np.std(differences) / np.sqrt(len(differences))
    assert abs(np.mean(gains["easy"])) < 1


def test_a_gain_in_one_region_of_a_given_map_is_found_there() -> None:
    rng = np.random.default_rng(0)
    hard = DIFFICULTY < 0.6
    regions = np.where(hard, "hard", "easy").astype(np.str_)
    ids = tuple(map(str, range(NUM_EXAMPLES)))
    given = EvaluationMap(ids, DIFFICULTY, 0.5 - np.abs(DIFFICULTY - 0.5), regions)
    data = overlay_data("f1", [("x", _scores(rng, np.where(hard, 0.3, 0.0), 5))], _scores(rng, 0.0, 5), given)
    easy, gained = data.overlays[0].regions
    assert (easy.region, gained.region) == ("easy", "hard")
    assert easy.interval is not None and easy.interval.low < 0 < easy.interval.high
    assert gained.interval is not None and gained.interval.low > 10
    assert gained.num_examples == hard.sum()
    assert data.overlays[0].num_examples.sum() == NUM_EXAMPLES


def test_examples_outside_of_the_map_are_left_out() -> None:
    rng = np.random.default_rng(0)
    half = EvaluationMap(
        tuple(map(str, range(200))), DIFFICULTY[:200], DIFFICULTY[:200], np.full(200, "easy", dtype=np.str_)
    )
    data = overlay_data("f1", [("x", _scores(rng))], _scores(rng), half)
    assert data.overlays[0].num_examples.sum() == 200
    with pytest.raises(ValueError, match="map holds"):
        overlay_data("f1", [("x", _scores(rng))], _scores(rng), half._replace(example_ids=("x",)))


def test_a_map_needs_scores_of_examples() -> None:
    with pytest.raises(ValueError, match="scores of examples"):
        map_of_scores([Scores.of_seeds({1: 2.0})])


@pytest.mark.parametrize("num_seeds", [1, 3])
@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_overlay_is_legible(num_seeds: int, higher_is_better: bool) -> None:
    rng = np.random.default_rng(0)
    control = _scores(rng, 0.0, num_seeds)
    treatments = [(f"a_strategy_with_a_long_name_{i}", _scores(rng, 0.1 * i, num_seeds)) for i in range(3)]
    known = map_of_scores([control, *(each for _, each in treatments)])
    figure = draw_overlay(overlay_data("f1 (validation)", treatments, control, known, higher_is_better))
    assert_legible_in_print(figure)
    assert "ambiguous" in texts_of(figure)
