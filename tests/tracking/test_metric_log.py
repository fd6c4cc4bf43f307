"""Points on their way into the file: nothing changed, nothing lost, nothing kept that is no number."""

from __future__ import annotations

import json
import math
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.folders.metric_points import Bookmark, read_points
from tracking.recording.metric_log import MetricLog


def _written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _write(log: MetricLog) -> None:
    log.take()
    log.write()


@pytest.mark.parametrize(
    "value",
    [1, True, 1.0, np.float32(1), np.int64(1), np.array(1.0), np.array([1.0]), Decimal(1), Fraction(1)],
    ids=lambda value: type(value).__name__,
)
def test_numbers_of_any_kind_are_taken(tmp_path: Path, value: Any) -> None:
    log = MetricLog(tmp_path / "metrics.jsonl")
    log.add({"a": value}, 0)
    _write(log)
    assert _written(tmp_path / "metrics.jsonl")[0]["value"] == 1.0


def test_a_tensor_that_changes_after_it_was_logged_keeps_its_value(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    tensor, array = torch.tensor(1.5, requires_grad=True), np.array(2.5)
    log = MetricLog(tmp_path / "metrics.jsonl")
    log.add({"tensor": tensor, "array": array}, 0)
    with torch.no_grad():
        tensor += 1
    array += 1
    _write(log)
    assert [point["value"] for point in _written(tmp_path / "metrics.jsonl")] == [1.5, 2.5]


class OnAccelerator:
    """Stands in for a tensor on a GPU: reading it would make the caller wait for all that is queued there."""

    device = SimpleNamespace(type="cuda")

    def __init__(self, value: float) -> None:
        self.value = value
        self.readers: list[str] = []

    def detach(self) -> OnAccelerator:
        return self

    def clone(self) -> OnAccelerator:
        copy = OnAccelerator(self.value)
        copy.readers = self.readers
        return copy

    def item(self) -> float:
        self.readers.append(threading.current_thread().name)
        return self.value


def test_an_accelerator_is_read_by_the_writer_alone(tmp_path: Path) -> None:
    tensor = OnAccelerator(1.5)
    log = MetricLog(tmp_path / "metrics.jsonl")
    log.add({"loss": tensor}, 0)
    tensor.value = 7.0
    assert tensor.readers == []
    writer = threading.Thread(target=_write, args=(log,), name="writer")
    writer.start()
    writer.join()
    assert tensor.readers == ["writer"] and _written(tmp_path / "metrics.jsonl")[0]["value"] == 1.5


@pytest.mark.parametrize(
    "value",
    ["high", "1", b"1", None, [1, 2], {"deep": 1}, np.array([1, 2]), 10**400],
    ids=lambda value: f"{value!r:.20}",
)
def test_what_is_no_single_number_is_left_out_with_one_warning(
    tmp_path: Path, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    log = MetricLog(tmp_path / "metrics.jsonl")
    for step in range(3):
        log.add({"bad": value, "good": 1.0}, step)
    _write(log)
    assert [point["name"] for point in _written(tmp_path / "metrics.jsonl")] == ["good"] * 3
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "metric bad" in warning and "at step 0" in warning
    log.report()
    assert "3 values" in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (np.float32("nan"), "nan")],
)
def test_what_is_not_finite_is_kept_in_strict_json_with_one_warning(
    tmp_path: Path, value: Any, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricLog(path)
    for step in range(3):
        log.add({"bad": value}, step)
    _write(log)
    assert [point["value"] for point in _written(path)] == [text] * 3
    assert [str(point.value) for point in read_points(path, Bookmark()).points] == [text] * 3
    assert [record.getMessage() for record in caplog.records] == [f"metric bad is {text} at step 0 (said once)"]


def test_a_warning_names_the_metric_as_it_is_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = MetricLog(tmp_path / "metrics.jsonl")
    log.add({"half \ud800\0": math.inf, "other \ud800": "high"}, 1)
    _write(log)
    assert _written(tmp_path / "metrics.jsonl")[0]["name"] == "half ?"
    assert "\n".join(caplog.messages).encode()  # what cannot be encoded, no stream or file takes
    assert "metric half ? is inf" in caplog.text and "metric other ? is 'high'" in caplog.text


def test_a_line_that_a_killed_process_tore_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 7, "time": 1.0, "name": "a", "value": 1.0}\n{"step": 8, "ti')
    log = MetricLog(path)
    log.add({"a": 2.0}, None)
    _write(log)
    assert [(point.step, point.value) for point in read_points(path, Bookmark()).points] == [(7, 1.0), (8, 2.0)]


NAMES = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["train/loss", "x" * 300, "zero\0", "new\nline", '"', "\ud800"]
)


@given(calls=st.lists(st.tuples(st.dictionaries(NAMES, st.floats(allow_nan=False), max_size=3),
                                st.none() | st.integers(-(2**63) + 1, 2**62)), max_size=20))  # fmt: skip
def test_whatever_is_logged_is_read_back(
    calls: list[tuple[dict[str, float], int | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    log = MetricLog(path)
    for metrics, step in calls:
        log.add(metrics, step)
    _write(log)
    expected = [(value, step) for metrics, step in calls for value in metrics.values()]
    points = read_points(path, Bookmark()).points
    assert [point.value for point in points] == [value for value, _ in expected]
    assert all(step is None or point.step == step for point, (_, step) in zip(points, expected, strict=True))
