from __future__ import annotations

import numpy as np
import pytest

from plots.performance_profile import ProfilesData, draw_profiles, profiles_data
from tests.plots.drawn import assert_legible_in_print, texts_of

SCORES = {"baseline": [[1.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0]], "x": [[2.0, 3.0, 4.0], [6.0, 6.0, 6.0, 7.0]]}


def _data() -> ProfilesData:
    return profiles_data("f1", SCORES, note="left out: c")


def test_the_share_counts_tasks_alike_whatever_their_seeds() -> None:
    profile = _data().profiles[0]
    thresholds = _data().thresholds
    # Above 2.5: a third of the first task and all of the second.
    assert profile.share[np.searchsorted(thresholds, 2.5)] == pytest.approx((1 / 3 + 1) / 2)
    assert (profile.share[0], profile.share[-1]) == (1.0, 0.0)


def test_a_profile_falls_and_the_caption_has_the_note() -> None:
    assert all((np.diff(profile.share) <= 0).all() for profile in _data().profiles)
    assert "on 2 tasks; left out: c" in texts_of(draw_profiles(_data(), dict.fromkeys(SCORES, "#0072B2")))


def test_of_losses_the_share_below_is_shown() -> None:
    data = profiles_data("loss", {"a": [[1.0, 2.0]]}, higher_is_better=False)
    assert data.profiles[0].share[np.searchsorted(data.thresholds, 1.5)] == 0.5


@pytest.mark.parametrize("scores", [{}, {"a": [[1.0]], "b": []}, {"a": [[]]}])
def test_strategies_need_the_same_tasks(scores: dict[str, list[list[float]]]) -> None:
    with pytest.raises(ValueError, match="same tasks"):
        profiles_data("f1", scores)


def test_profiles_are_legible_and_lines_of_one_colour_differ_in_style() -> None:
    many = {f"a_long_name_of_strategy_{i}_that_goes_on": [[float(i), i + 1.0, i + 2.0]] for i in range(8)}
    data = profiles_data("f1", many)
    figure = draw_profiles(data, dict.fromkeys(many, "#0072B2"))
    assert_legible_in_print(figure)
    assert len({line.get_linestyle() for line in figure.axes[0].get_lines()}) == 4
    assert "3 runs of each strategy" in texts_of(figure)
