from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from plots.forest import ForestPanel, draw_forest, forest_panel, panels_that_fit
from plots.style import sign_of
from tests.plots.drawn import assert_legible_in_print, texts_of

NAN = float("nan")
WORDS = ["better", "worse", "equivalent", "undecided", "not compared"]


def _panel(count: int = 5) -> ForestPanel:
    differences = [1.2, -4.5, 0.03, -0.8, NAN]
    intervals = [(0.4, 2.0), (-6.0, -3.0), (-0.2, 0.25), (-2.4, 0.8), (NAN, NAN)]
    names = [f"a_rather_long_name_of_strategy_{i} (top_fraction=0.{i})" for i in range(count)]
    return forest_panel("f1 (validation)", names, differences[:count], intervals[:count], WORDS[:count], 0.5)


def test_the_axis_shows_zero_every_difference_and_the_margin() -> None:
    low, high = forest_panel("f1", ["a"], [3.0], [(2.5, 3.5)], ["better"], 0.5).limits
    assert low < -0.5 and high > 3.5
    low, high = forest_panel("f1", ["a", "b"], [0.0, 0.0], [(NAN, NAN)] * 2, ["undecided"] * 2).limits
    assert low < 0 < high


def test_an_interval_that_dwarfs_all_others_is_cut_off_and_marked() -> None:
    panel = forest_panel(
        "f1", ["a", "b", "c"], [1.0, 2.0, 0.5], [(0.5, 1.5), (-400.0, 404.0), (0.1, 0.9)], ["better"] * 3
    )
    low, high = panel.limits
    assert -10 < low < 0 and 2 < high < 10
    ax = draw_forest([panel]).axes[0]
    marks = [np.asarray(each.get_offsets()) for each in ax.collections]
    drawn = [float(mark[0, 0]) for mark in marks if len(mark) == 1]
    assert low in drawn and high in drawn


def test_sequences_of_other_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="one length"):
        forest_panel("f1", ["a", "b"], [1.0], [(0.0, 2.0)], ["better"])


@pytest.mark.parametrize("count", [1, 5])
def test_few_strategies_have_their_verdict_in_words(count: int) -> None:
    figure = draw_forest([_panel(count)], "bars: 95 % intervals")
    assert_legible_in_print(figure)
    assert all(word in texts_of(figure) for word in WORDS[:count])
    assert "+1.20 [0.40, 2.00]" in texts_of(figure)


def test_many_strategies_have_one_line_each_and_the_caption_explains_the_marks() -> None:
    figure = draw_forest([_panel(), _panel(), _panel()])
    assert_legible_in_print(figure)
    assert "▲ better" in texts_of(figure)
    assert figure.get_figheight() < 6


def test_verdicts_differ_in_mark_and_in_colour() -> None:
    signs = [sign_of(word) for word in WORDS[:4]]
    assert len({sign.marker for sign in signs}) == len({to_hex(sign.colour) for sign in signs}) == 4
    assert sign_of("not compared") == sign_of("undecided")


def test_of_a_loss_the_panel_says_that_lower_is_better() -> None:
    panel = forest_panel("loss", ["a"], [-0.1], [(-0.2, -0.05)], ["better"], higher_is_better=False)
    assert "lower is better" in texts_of(draw_forest([panel]))


def test_an_interval_of_a_single_seed_looks_otherwise_and_the_caption_says_why() -> None:
    panel = forest_panel(
        "f1", ["a", "b"], [1.0, 2.0], [(0.5, 1.5), (1.0, 3.0)], ["undecided"] * 2, None, True, [True, False]
    )
    figure = draw_forest([panel])
    styles = {str(each.get_linestyle()) for each in figure.axes[0].collections if isinstance(each, LineCollection)}
    assert len(styles) == 2
    assert "dotted: one seed" in texts_of(figure)


def test_of_more_panels_than_a_page_holds_the_most_important_are_kept_in_order() -> None:
    panels = [_panel()._replace(title=str(number)) for number in range(30)]
    kept = [panel.title for panel in panels_that_fit(panels, [1.0] * 28 + [0.001, 0.002])]
    assert {"28", "29"} <= set(kept) and kept == sorted(kept, key=int)
    assert draw_forest([panels[int(title)] for title in kept]).get_figheight() < 10
    assert panels_that_fit(panels[:1], [1.0]) == panels[:1]
