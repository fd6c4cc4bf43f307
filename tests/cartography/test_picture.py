from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cartography import categorise
from cartography.picture import MAX_POINTS, draw_map, picture_data
from tests.cartography.dynamics_builders import PROVENANCE


def columns_of(num_examples: int, epochs: int = 6) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    confidence = rng.random(num_examples)
    variability = np.sqrt(confidence * (1 - confidence)) * rng.random(num_examples)
    return {
        "confidence": confidence,
        "variability": variability,
        "correctness": np.rint(confidence * epochs).astype(int),
        "observed": np.full(num_examples, epochs),
        "category": categorise(confidence, variability),
    }


def facts_of(columns: dict[str, NDArray[Any]], **more: Any) -> dict[str, Any]:
    limits = {name: float(np.median(columns[name])) for name in ("confidence", "variability")}
    return {**PROVENANCE, "epochs": 6, "burn_in": 1, "thresholds": limits, **more}


def test_the_data_drawn() -> None:
    columns = columns_of(200)
    picture = picture_data(columns, facts_of(columns))
    assert sorted(picture.confidence) == sorted(columns["confidence"])
    for histogram in picture.histograms:
        assert histogram.heights.sum() == 200
    assert [box.name for box in picture.boxes] == ["easy", "ambiguous", "hard"]
    assert sum(box.examples for box in picture.boxes) == 200
    assert picture.boxes[0].examples == (columns["category"] == "easy").sum()
    assert picture.title == "Data map of demo (train)"
    assert picture.subtitle == "model demo · seed 42 · 6 epochs, burn-in 1 · train logits · 200 examples"
    assert picture.caption.startswith("Every example is a point")


def test_points_keep_their_hue_in_the_sample() -> None:
    columns = columns_of(60_000)
    picture = picture_data(columns, facts_of(columns))
    assert len(picture.confidence) == MAX_POINTS
    assert picture.caption.startswith("55,000 of 60,000 examples drawn")
    np.testing.assert_array_equal(picture.tenths, np.rint(np.rint(picture.confidence * 6) / 6 * 10))
    assert picture.histograms[0].heights.sum() == 60_000


def test_hues_are_tenths_for_any_number_of_epochs() -> None:
    columns = columns_of(2_000, epochs=37)
    picture = picture_data(columns, facts_of(columns))
    assert set(picture.tenths.tolist()) == set(range(11))


@pytest.mark.parametrize("confidence", [0.0, 0.02, 0.5, 0.96, 1.0])
def test_boxes_stay_inside(confidence: float) -> None:
    columns = columns_of(50)
    facts = facts_of(columns, thresholds={"confidence": confidence, "variability": 0.01})
    for box in picture_data(columns, facts).boxes:
        assert 0.05 < box.confidence < 0.96
        assert 0.05 < box.variability < 0.45


def test_long_and_strange_names() -> None:
    columns = columns_of(10)
    facts = facts_of(columns, dataset="/data/" + "x" * 100 + ".json", model="a$b$", seeds=[1, 2])
    picture = picture_data(columns, facts)
    assert len(picture.title) < 70
    assert "mean of seeds 1, 2" in picture.subtitle


@pytest.mark.parametrize("num_examples", [1, 100, 200_000])
def test_the_picture_is_small_and_whole(tmp_path: Path, num_examples: int) -> None:
    from PIL import Image

    columns = columns_of(num_examples)
    path = tmp_path / "map.png"
    draw_map(columns, facts_of(columns, dataset="50$ and 60$_{x"), path)
    with Image.open(path) as image:
        image.load()
        assert image.width > 1000
    assert path.stat().st_size < 300_000
    assert [item.name for item in tmp_path.iterdir()] == ["map.png"]


def test_the_same_map_gives_the_same_picture(tmp_path: Path) -> None:
    columns = columns_of(100)
    for name in ("a.png", "b.png"):
        draw_map(columns, facts_of(columns), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
