"""Clustering of a data set's rows: embeddings, PCA and HDBSCAN, what each cluster is about, a picture."""

from __future__ import annotations

from clustering.assignments import Clustering, load_clusters
from clustering.options import ClusteringOptions
from clustering.preparation import cluster, extract, prepare

__all__ = ["Clustering", "ClusteringOptions", "cluster", "extract", "load_clusters", "prepare"]
