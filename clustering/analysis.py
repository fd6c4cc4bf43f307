"""Cluster embeddings and write everything that describes the clusters."""

from __future__ import annotations

import dataclasses
import logging
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import explain_os_error, write_json
from clustering.assignments import ASSIGNMENTS_FILE, PROVENANCE_FILE, Clustering, load_clusters, write_clusters
from clustering.cluster_map import MAP_FILE, choose_view, cluster_map, draw
from clustering.density import Partition, partition
from clustering.embedding_files import Embeddings, load_embeddings
from clustering.options import ClusteringOptions, content_key
from clustering.reduction import reduce_embeddings, removals
from clustering.summary import SUMMARY_FILE, summarise
from errors import DataError, SignalError

__all__ = ["cluster_embeddings"]

_FORMAT = 1
_FAINT = 0.3
"""Share of noise above which clusters count as faint."""
_NOT_OURS = ("model", "max_length", "doc_stride", "batch_size")
"""Options that decide about embeddings, not about clusters."""
_FROM_EMBEDDINGS = ("task", "model", "dataset", "dataset_fingerprint", "split", "num_examples")

_log = logging.getLogger(__name__)


def cluster_embeddings(options: ClusteringOptions, embeddings_folder: Path, out: Path, view: str) -> Clustering:
    """Cluster into ``out``; see :func:`clustering.cluster`."""
    chosen = choose_view(view)
    embeddings = load_embeddings(embeddings_folder)
    facts = _facts(options, embeddings, chosen)
    finished = _finished(out, facts["key"])
    if finished is not None:
        return finished
    points, found, facts["removed_components"] = _find(embeddings, options)
    summary = summarise(found, embeddings.examples)
    for warning in summary["warnings"]:
        _log.warning("%s", warning)
    _unfinish(out)
    write_json(out / SUMMARY_FILE, summary)
    shown = cluster_map(points, found.cluster, chosen, options.seed)
    terms = {entry["cluster"]: entry["terms"] for entry in summary["clusters"]}
    draw(shown, out / MAP_FILE, _title(summary, facts), terms)
    columns: dict[str, NDArray[Any]] = {"cluster": found.cluster, "probability": found.probability}
    clustering = Clustering(ids=embeddings.ids, columns=columns, provenance=facts)
    write_clusters(out, clustering)
    return clustering


def _find(embeddings: Embeddings, options: ClusteringOptions) -> tuple[NDArray[np.float64], Partition, int]:
    """Return reduced points, their clusters and how many common components were removed.

    None are removed where clusters stand out without. Where they are faint, that number is taken which brings out the
    most persistent cluster.
    """
    parts = embeddings.provenance["parts"]
    best = None
    for removed in removals(parts):
        points = reduce_embeddings(embeddings.vectors, parts, options, removed)
        found = partition(points, options)
        if best is None or found.strength > best[1].strength:
            best = points, found, removed
        if removed == 0 and found.noise_share <= _FAINT:
            break
    assert best is not None
    return best


def _facts(options: ClusteringOptions, embeddings: Embeddings, view: str) -> dict[str, Any]:
    parameters = {name: value for name, value in dataclasses.asdict(options).items() if name not in _NOT_OURS}
    identity = {"format": _FORMAT, "embeddings_key": embeddings.provenance["key"], "view": view, **parameters}
    return {
        **{name: embeddings.provenance.get(name) for name in _FROM_EMBEDDINGS},
        **identity,
        "epochs": None,
        "burn_in": None,
        "source": "embeddings",
        "versions": {name: version(name) for name in ("hdbscan", "scikit-learn", "numpy")},
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "key": content_key(identity),
    }


def _finished(out: Path, key: str) -> Clustering | None:
    if not all((out / name).is_file() for name in (ASSIGNMENTS_FILE, MAP_FILE, SUMMARY_FILE)):
        return None
    try:
        found = load_clusters(out)
    except (SignalError, DataError):
        return None
    return found if found.provenance.get("key") == key else None


def _unfinish(out: Path) -> None:
    """Remove the provenance first: without it what lies in ``out`` counts as unfinished."""
    try:
        (out / PROVENANCE_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, out) from error


def _title(summary: dict[str, Any], facts: dict[str, Any]) -> str:
    share = summary["noise"]["share"]
    return (
        f"{Path(str(facts['dataset'])).name} ({facts['split']}) embedded by {Path(str(facts['model'])).name}: "
        f"{summary['num_clusters']} clusters, {np.round(100 * share, 1):g} % noise"
    )
