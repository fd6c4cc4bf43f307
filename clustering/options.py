"""What decides a clustering: the model that embeds, and the parameters of PCA and HDBSCAN."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from validated import validated_dataclass

__all__ = ["ClusteringOptions", "content_key"]


@validated_dataclass
class ClusteringOptions:
    """Parameters of a clustering, checked on construction."""

    model: str = "demo"
    """Model that embeds the rows: ``demo``, a folder (a trained run's trainer_output serves) or a hub name."""
    max_length: int | None = Field(default=None, ge=16)
    """Longest input in tokens; None takes the task's default."""
    doc_stride: int = Field(default=128, ge=0)
    """Tokens that neighbouring windows of a long context share."""
    batch_size: int = Field(default=64, ge=1)
    """Inputs embedded at once. Changes speed, not the result."""
    pca_dimensions: int = Field(default=50, ge=2)
    min_cluster_size: int | None = Field(default=None, ge=2)
    """Fewest rows that make a cluster; None means max(15, 0.5 % of the rows)."""
    min_samples: int = Field(default=5, ge=1)
    """How dense a cluster's core must be: larger calls more rows noise."""
    answer_weight: float = Field(default=0.25, ge=0, le=4)
    """Question answering: weight of the answer's half of an embedding beside the [CLS] half."""
    max_noise: float = Field(default=0.3, ge=0, le=1)
    """Largest share of rows left as noise: beyond it the rows nearest to a cluster join it, with membership 0."""
    max_fit_rows: int = Field(default=30_000, ge=100)
    """Above this many rows HDBSCAN is fitted to a random sample of so many, and places the others."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Seeds the demo model's weights, the PCA, the sample and the 2-D view."""


def content_key(values: Mapping[str, Any]) -> str:
    """Return the sha256 of what changes a result, as plain JSON values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
