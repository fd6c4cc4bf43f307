from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

from errors import ResourceError
from plots.saving import save_picture, show_pictures, why_no_window


def _figure(detail: int) -> Figure:
    figure = Figure(figsize=(6, 4))
    rng = np.random.default_rng(0)
    x, y = rng.random((2, detail))
    figure.subplots().scatter(x, y, c=rng.random((detail, 3)), s=200)
    return figure


@pytest.mark.parametrize("detail", [1, 3000])
def test_a_picture_is_a_small_png(tmp_path: Path, detail: int) -> None:
    path = save_picture(_figure(detail), tmp_path / "picture.png")
    assert path.stat().st_size < 300_000
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (720, 480))


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match=r"picture\.png"):
        save_picture(_figure(1), tmp_path / "file" / "picture.png")


def test_without_a_display_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "no display" in (why_no_window() or "")


def test_a_finished_figure_can_be_handed_to_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = _figure(1)
    monkeypatch.setattr(pyplot, "show", lambda: None)
    show_pictures([figure])
    assert pyplot.gcf() is figure
    pyplot.close("all")
