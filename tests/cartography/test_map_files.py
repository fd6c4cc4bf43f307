from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartography.map_files import METRICS_CSV, read_metrics_csv, write_metrics_csv
from errors import DataError, SignalError

HEADER = "id,confidence,variability,aum,category\n"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=8, unique=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_id_survives(tmp_path: Path, names: list[str]) -> None:
    # NUL is left out because numpy's strings drop it from their end.
    ids = np.array(names)
    number = np.linspace(0, 1, len(ids))
    columns = {"confidence": number, "variability": number / 2, "category": np.repeat("easy", len(ids))}
    write_metrics_csv(tmp_path, ids, columns)
    read, table = read_metrics_csv(tmp_path / METRICS_CSV, len(ids))
    assert read.tolist() == names
    assert table["category"].tolist() == ["easy"] * len(ids)


def test_whole_numbers_stay_floats_and_numeric_ids_stay_text(tmp_path: Path) -> None:
    path = tmp_path / METRICS_CSV
    path.write_text(HEADER + "007,1,0,3,easy\n8,0,0,-2,hard\n")
    ids, columns = read_metrics_csv(path)
    assert ids.tolist() == ["007", "8"]
    assert columns["aum"].dtype == np.float64


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "garbled"),
        ("id,confidence\na,0.5\n", "lacks the columns variability, category"),
        (HEADER + "a,0.5,0.1,1,easy\nb,0.5\n", "garbled"),
        (HEADER + "a,half,0.1,1,easy\n", "garbled"),
        (HEADER + "a,,0.1,1,easy\n", "column confidence has 1 empty cells"),
        (HEADER + "a,0.5,0.1,1,eas\n", "column category holds"),
    ],
)
def test_garbled_tables(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / METRICS_CSV
    path.write_text(text)
    with pytest.raises(DataError, match=f"{METRICS_CSV}: .*{reason}"):
        read_metrics_csv(path)


def test_repeated_ids(tmp_path: Path) -> None:
    path = tmp_path / METRICS_CSV
    path.write_text(HEADER + "a,0.5,0.1,1,easy\nb,0.5,0.1,1,easy\na,0.5,0.1,1,easy\n")
    with pytest.raises(SignalError, match=r"1 ids stand in it more than once .'a'"):
        read_metrics_csv(path)
