from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cartography import DataMap, build_data_map
from cartography.report import TextSource, make_report
from errors import SignalError
from tasks import create_task
from tasks.base import DataSource
from tests.cartography.dynamics_builders import PROVENANCE, dynamics_of, write_dynamics


def review_source(folder: Path, num_rows: int = 12) -> TextSource:
    """Reviews in a file; the label of row i is i % 2."""
    path = folder / "train.jsonl"
    records = [{"id": f"q{row}", "text": f"review number {row}", "label": row % 2} for row in range(num_rows)]
    path.write_text("\n".join(json.dumps(record) for record in records))
    task = create_task("classification")
    return TextSource(task, task.load(DataSource(str(path), "train")))


def sloped_map(folder: Path, num_rows: int = 12) -> DataMap:
    """Row i is the more confident, the higher i."""
    level = np.linspace(0.05, 0.95, num_rows)
    write_dynamics(folder, dynamics_of(np.stack([level, np.clip(level + 0.04, 0, 1), level])))
    return build_data_map(folder, PROVENANCE)


def test_regions_show_their_most_typical_examples(tmp_path: Path) -> None:
    report = make_report(sloped_map(tmp_path), review_source(tmp_path), top=2)
    regions = {region.name: region for region in report.regions}
    assert sum(region.examples for region in report.regions) == 12
    assert [example.id for example in regions["easy"].shown] == ["q11", "q10"]
    assert "review number 11" in (regions["easy"].shown[0].text or "")
    lowest = regions["hard"].shown or regions["ambiguous"].shown
    assert lowest[0].confidence == min(example.confidence for example in lowest)


def test_label_error_candidates_are_the_lowest_negative_margins(tmp_path: Path) -> None:
    report = make_report(sloped_map(tmp_path), None, top=3)
    assert [example.id for example in report.label_error_candidates] == ["q0", "q1", "q2"]
    assert report.num_negative_aum == 6
    assert report.num_never_right == 6
    assert report.label_error_candidates[0].text is None
    assert report.breakdowns == ()


def test_a_map_without_suspects_has_no_candidates(tmp_path: Path) -> None:
    write_dynamics(tmp_path, dynamics_of([[0.9, 0.8, 0.7]]))
    report = make_report(build_data_map(tmp_path, PROVENANCE), None, top=3)
    assert report.label_error_candidates == ()
    assert [region.examples for region in report.regions] == [2, 0, 1]


def test_ties_are_broken_by_id(tmp_path: Path) -> None:
    write_dynamics(tmp_path, dynamics_of(np.full((2, 12), 0.2)))
    report = make_report(build_data_map(tmp_path, PROVENANCE), None, top=3)
    assert [example.id for example in report.label_error_candidates] == ["q0", "q1", "q10"]


def test_labels_are_broken_down(tmp_path: Path) -> None:
    (breakdown,) = make_report(sloped_map(tmp_path), review_source(tmp_path), top=2).breakdowns
    assert breakdown.title == "label"
    assert {group: sum(counts.values()) for group, counts in breakdown.counts.items()} == {"0": 6, "1": 6}


def test_rows_are_found_by_id_in_a_larger_file(tmp_path: Path) -> None:
    report = make_report(sloped_map(tmp_path), review_source(tmp_path, num_rows=40), top=1)
    assert "review number 11" in (report.regions[0].shown[0].text or "")


def test_other_data_is_refused(tmp_path: Path) -> None:
    source = review_source(tmp_path, num_rows=9)
    with pytest.raises(SignalError, match=r"map: 3 of its 12 ids .*train\.jsonl.*--dataset"):
        make_report(sloped_map(tmp_path), source, top=1, folder="map")


def test_questions_are_broken_down_by_type(tmp_path: Path) -> None:
    task = create_task("qa")
    rows = task.load(DataSource("demo", "ood"))
    dynamics = dynamics_of(np.random.default_rng(0).random((2, len(rows))))
    write_dynamics(tmp_path, type(dynamics)(**{**vars(dynamics), "ids": rows.ids}))
    report = make_report(build_data_map(tmp_path, PROVENANCE), TextSource(task, rows), top=1)
    titles = [breakdown.title for breakdown in report.breakdowns]
    assert titles[0] == "question type"
    for breakdown in report.breakdowns:
        assert sum(sum(counts.values()) for counts in breakdown.counts.values()) == len(rows)
