"""Colours are told apart by eyes that lack one of the three cones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from plots.palette import family_colours
from plots.style import sign_of

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "none": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def _lab(colour: str, deficiency: str) -> NDArray[np.float64]:
    """Return CIELAB under daylight of a colour as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen / np.array([0.9505, 1.0, 1.089]), 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _least_distance(colours: list[str], deficiency: str) -> float:
    labs = [_lab(colour, deficiency) for colour in colours]
    return min(float(np.linalg.norm(first - second)) for first, second in combinations(labs, 2))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_verdicts_are_told_apart(deficiency: str) -> None:
    colours = [sign_of(word).colour for word in ("better", "worse", "equivalent", "undecided")]
    assert _least_distance(colours, deficiency) > 15


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_first_families_are_told_apart(deficiency: str) -> None:
    colours = list(family_colours([f"family {i}" for i in range(6)]).values())
    assert _least_distance(colours, deficiency) > 15


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_gain_and_loss_are_told_apart_from_each_other_and_from_none(deficiency: str) -> None:
    colours = [sign_of("better").colour, "#f0f0f0", sign_of("worse").colour]
    assert _least_distance(colours, deficiency) > 40


def test_the_measure_sees_a_red_and_a_green_become_alike() -> None:
    red_and_green = ["#c03030", "#6f6f10"]
    assert _least_distance(red_and_green, "none") > 3 * _least_distance(red_and_green, "deuteranopia")


def test_families_keep_their_colours_and_the_baseline_is_dark() -> None:
    colours = family_colours(["cartography_filter", "baseline", "soft_weighting", "cartography_filter"])
    assert colours["baseline"] == "#222222"
    assert len(set(colours.values())) == 3
