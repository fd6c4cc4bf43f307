"""Losses per feature: pure functions of logits. Shapes: B features, L tokens, K classes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["class_losses", "smoothed_span_losses", "span_losses"]


def class_losses(logits: Tensor, labels: Tensor, smoothing: Tensor | None = None) -> Tensor:
    """Return cross-entropy with label smoothing: ``(1 - eps)(-log p_y) + eps * mean_k(-log p_k)``.

    The gold class keeps ``1 - eps + eps / K``, the convention of torch and transformers.

    Args:
        logits: (B, K).
        labels: (B,) gold class.
        smoothing: (B,) eps, or None for hard labels.

    Returns:
        (B,) float32 losses.
    """
    logits = logits.float()
    hard = F.cross_entropy(logits, labels, reduction="none")
    if smoothing is None:
        return hard
    everything = torch.ones_like(logits, dtype=torch.bool)
    return _smooth(hard, logits, everything, smoothing)


def span_losses(start_logits: Tensor, end_logits: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Return the mean of the cross-entropies of start and end, (B,) float32, as transformers' heads compute it.

    Args:
        start_logits: (B, L). The softmax runs over all L positions, padding included, as it does in transformers.
        end_logits: (B, L).
        starts: (B,) gold start token; 0 (CLS) where the window holds no answer.
        ends: (B,) gold end token.
    """
    start = F.cross_entropy(start_logits.float(), starts, reduction="none")
    end = F.cross_entropy(end_logits.float(), ends, reduction="none")
    return (start + end) / 2


def smoothed_span_losses(
    logits: tuple[Tensor, Tensor], gold: tuple[Tensor, Tensor], spread: Tensor, smoothing: Tensor
) -> Tensor:
    """Return span losses whose smoothing mass goes to legal answer positions only.

    ``-[(1 - eps) log p_gold + eps / |V| * sum over V of log p_j]``, start and end averaged. The softmax keeps all L
    positions, so eps = 0 gives :func:`span_losses` to the last bit.

    Args:
        logits: (B, L) start and end logits.
        gold: (B,) start and end tokens.
        spread: (B, L) bool, the set V of each feature.
        smoothing: (B,) eps; must be 0 where V is empty.

    Returns:
        (B,) float32 losses.
    """
    start, end = (
        _smooth(F.cross_entropy(scores.float(), target, reduction="none"), scores.float(), spread, smoothing)
        for scores, target in zip(logits, gold, strict=True)
    )
    return (start + end) / 2


def _smooth(hard: Tensor, logits: Tensor, spread: Tensor, smoothing: Tensor) -> Tensor:
    """Return ``(1 - eps) * hard + eps * mean over spread of -log p``.

    Positions that get no mass are filled with 0 before they are summed, never multiplied by it: 0 * -inf is NaN.
    """
    used = spread & (smoothing > 0).unsqueeze(1)
    filled = torch.log_softmax(logits, dim=1).masked_fill(~used, 0.0)
    mean = -filled.sum(dim=1) / spread.sum(dim=1).clamp(min=1)
    return (1 - smoothing) * hard + smoothing * mean
