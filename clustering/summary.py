"""What was found, for people: clusters.json and the table on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clustering.assignments import NOISE
from clustering.density import Partition
from clustering.terms import describing_terms

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

__all__ = ["SUMMARY_FILE", "summarise", "table"]

SUMMARY_FILE = "clusters.json"
_MUCH_NOISE = 0.5
_MIXES = {"label": "classes", "planted": "planted"}
_ADVICE = (
    "try a smaller --min_samples or --min_cluster_size, embed with a model that was trained on this data "
    "(extract_embeddings.py --model RUN/trainer_output), or do without a cluster filter here"
)


def summarise(found: Partition, examples: pa.Table) -> dict[str, Any]:
    """Return the content of clusters.json: size, share, persistence, terms and class mix of each cluster.

    Args:
        found: the clusters of N rows.
        examples: N rows with text, and label and planted where the data set has them.
    """
    terms = describing_terms(examples["text"].to_pylist(), found.cluster)
    mixes = {name: np.asarray(examples[name].to_pylist()) for name in _MIXES if name in examples.column_names}
    numbers = [*range(len(found.persistence)), *([NOISE] if (found.cluster == NOISE).any() else [])]
    noise = int((found.cluster == NOISE).sum())
    return {
        "num_rows": len(found.cluster),
        "num_clusters": len(found.persistence),
        "noise": {"size": noise, "share": noise / len(found.cluster)},
        "min_cluster_size": found.min_cluster_size,
        "rows_fitted": found.rows_fitted,
        "rows_adopted": found.adopted,
        "warnings": _warnings(found),
        "clusters": [_one(number, found, terms[number], mixes) for number in numbers],
    }


def _one(number: int, found: Partition, terms: list[str], mixes: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    member = found.cluster == number
    size = int(member.sum())
    return {
        "cluster": number,
        "size": size,
        "share": size / len(member),
        "persistence": None if number == NOISE else float(found.persistence[number]),
        "mean_probability": float(found.probability[member].mean()),
        "terms": terms,
        **{_MIXES[name]: dict(Counter(values[member].tolist()).most_common()) for name, values in mixes.items()},
    }


def _warnings(found: Partition) -> list[str]:
    count = len(found.cluster)
    noise = int((found.cluster == NOISE).sum())
    if not len(found.persistence):
        return [
            f"no clusters: all {count:,} rows are noise, so a filter that drops noise would drop everything. The rows "
            f"form one blob, or clusters are smaller than {found.min_cluster_size} rows; {_ADVICE}"
        ]
    warnings = []
    if found.single:
        warnings.append(f"one blob: no two groups stand apart, so cluster 0 is just its denser part; {_ADVICE}")
    outside = f"{noise + found.adopted:,} of {count:,} rows ({(noise + found.adopted) / count:.0%})"
    if found.adopted:
        warnings.append(
            f"HDBSCAN calls {outside} noise; the {found.adopted:,} nearest to a cluster joined it with membership 0, "
            f"so that {noise / count:.0%} are left (--max_noise). The clusters are faint: {_ADVICE}"
        )
    elif noise / count > _MUCH_NOISE:
        warnings.append(f"{outside} are noise, which a cluster filter drops by default; {_ADVICE}")
    return warnings


def table(summary: Mapping[str, Any]) -> Table:
    """Return clusters.json's content as a table for the terminal."""
    from rich.table import Table
    from rich.text import Text

    entries = summary["clusters"]
    mixes = [name for name in _MIXES.values() if any(name in entry for entry in entries)]
    noise = summary["noise"]
    drawn = Table(
        title=f"{summary['num_clusters']} clusters in {summary['num_rows']:,} rows, {noise['share']:.1%} noise"
    )
    for name in ("cluster", "rows", "share", "persistence"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for name in (*mixes, "terms"):
        drawn.add_column(name, ratio=1 if name != "terms" else 2)
    for entry in entries:
        persistence = "" if entry["persistence"] is None else f"{entry['persistence']:.3f}"
        label = "noise" if entry["cluster"] == NOISE else str(entry["cluster"])
        cells = [label, f"{entry['size']:,}", f"{entry['share']:.1%}", persistence]
        cells += [_mix(entry.get(name, {}), entry["size"]) for name in mixes]
        # Text, not str: terms come from the data and may hold what rich takes for markup.
        drawn.add_row(*map(Text, [*cells, ", ".join(entry["terms"])]))
    return drawn


def _mix(counts: Mapping[str, int], size: int) -> str:
    return ", ".join(f"{name} {number / size:.0%}" for name, number in list(counts.items())[:4])
