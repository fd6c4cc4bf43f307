"""Clustering of a data set's rows: embeddings, PCA and HDBSCAN, what each cluster is about, a picture."""

from __future__ import annotations

from clustering.assignments import Clustering, check_clusters, load_clusters
from clustering.options import ClusteringOptions
from clustering.preparation import prepare

__all__ = ["Clustering", "ClusteringOptions", "check_clusters", "load_clusters", "prepare"]
