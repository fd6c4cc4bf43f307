from __future__ import annotations

import numpy as np
import pyarrow as pa
from rich.console import Console

from clustering.density import Partition
from clustering.summary import summarise, table


def _found(cluster: list[int], adopted: int = 0, single: bool = False) -> Partition:
    numbers = np.array(cluster)
    count = numbers.max() + 1
    probability = np.where(numbers < 0, 0, 0.5).astype(np.float32)
    return Partition(numbers, probability, np.full(count, 0.25), 2, len(numbers), adopted, single)


EXAMPLES = pa.table(
    {"id": list("abcd"), "text": ["comet", "comet", "[red]bread", "oven"], "label": ["yes", "no", "yes", "yes"]}
)


def test_sizes_shares_and_mixes() -> None:
    summary = summarise(_found([0, 0, 1, -1]), EXAMPLES)
    assert summary["noise"] == {"size": 1, "share": 0.25}
    first, second, noise = summary["clusters"]
    assert (first["size"], first["share"], first["persistence"]) == (2, 0.5, 0.25)
    assert first["classes"] == {"yes": 1, "no": 1}
    assert second["cluster"] == 1
    assert (noise["cluster"], noise["persistence"]) == (-1, None)
    assert summary["warnings"] == []


def test_no_clusters_and_much_noise_warn_and_say_what_to_do() -> None:
    for found, expected in (
        (_found([-1] * 4), "no clusters: all 4 rows are noise"),
        (_found([0, -1, -1, -1]), "3 of 4 rows (75%) are noise"),
        (_found([0, 0, 0, -1], adopted=2), "HDBSCAN calls 3 of 4 rows (75%) noise; the 2 nearest"),
        (_found([0, 0, 0, 0], single=True), "one blob"),
    ):
        (warning,) = summarise(found, EXAMPLES)["warnings"]
        assert expected in warning
        assert "--min_samples" in warning


def test_the_table_shows_what_the_data_says_and_no_markup() -> None:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(table(summarise(_found([0, 0, 1, -1]), EXAMPLES)))
    text = console.export_text()
    assert "2 clusters in 4 rows, 25.0% noise" in text
    assert "comet" in text
    assert "red, bread" in text or "bread, red" in text
