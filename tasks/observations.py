"""What is worth keeping of a batch's logits, vectorised. Shapes: B features, L tokens, K classes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["MAX_ANSWER_TOKENS", "best_spans", "observe_classes", "observe_targets"]

MAX_ANSWER_TOKENS = 30
"""Longest answer that is decoded, the default of the usual SQuAD evaluation."""


def observe_targets(logits: Tensor, gold: Tensor, allowed: Tensor | None = None) -> dict[str, Tensor]:
    """Return how a softmax stands to its gold position.

    Args:
        logits: (B, K) scores.
        gold: (B,) gold position.
        allowed: (B, K) bool, positions that exist; None means all. The others get no probability, so that values do
            not depend on how far a batch was padded.

    Returns:
        Each (B,) float32: ``log_p`` of the gold, ``margin`` (gold logit less the best other one; AUM of Pleiss et al.
        2020 is its mean over epochs) and ``el2n`` (norm of softmax less one-hot; Paul et al. 2021).
    """
    scores = logits.float()
    floor = torch.finfo(scores.dtype).min
    if allowed is not None:
        scores = scores.masked_fill(~allowed, floor)
    log_p = torch.log_softmax(scores, dim=1)
    column = gold.unsqueeze(1)
    others = scores.scatter(1, column, floor).amax(dim=1)
    errors = log_p.exp().scatter_add(1, column, -torch.ones_like(column, dtype=scores.dtype))
    return {
        "log_p": log_p.gather(1, column).squeeze(1),
        "margin": scores.gather(1, column).squeeze(1) - others,
        "el2n": torch.linalg.vector_norm(errors, dim=1),
    }


def observe_classes(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Return :func:`observe_targets` of classes, plus ``loss``, ``predicted`` (B,) and ``probabilities`` (B, K)."""
    seen = observe_targets(logits, labels)
    seen["loss"] = F.cross_entropy(logits.float(), labels, reduction="none")
    seen["predicted"] = logits.argmax(dim=1)
    seen["probabilities"] = torch.softmax(logits.float(), dim=1)
    return seen


def best_spans(
    start_logits: Tensor, end_logits: Tensor, context: Tensor, max_tokens: int = MAX_ANSWER_TOKENS
) -> dict[str, Tensor]:
    """Return the exact best span of each feature: inside the context, end not before start, bounded length.

    The best start for each end is a sliding maximum, so all spans are compared, not only those of the n best starts and
    ends.

    Args:
        start_logits: (B, L).
        end_logits: (B, L).
        context: (B, L) bool, tokens that may be answered with.
        max_tokens: longest span.

    Returns:
        ``best_start``, ``best_end`` (B,) int64 and ``best_score`` (B,) float32, the sum of their logits. Where no
        token may be answered with, the score is below -1e38.
    """
    # A quarter of the least number leaves room to add two of them.
    floor = torch.finfo(torch.float32).min / 4
    starts = start_logits.float().masked_fill(~context, floor)
    ends = end_logits.float().masked_fill(~context, floor)
    end = (_sliding_max(starts, max_tokens, floor) + ends).argmax(dim=1, keepdim=True)
    candidates = end - torch.arange(max_tokens - 1, -1, -1, device=end.device)
    before = starts.gather(1, candidates.clamp(min=0)).masked_fill(candidates < 0, 2 * floor)
    best_before, place = before.max(dim=1, keepdim=True)
    start, score = candidates.gather(1, place), best_before + ends.gather(1, end)
    return {"best_start": start.squeeze(1), "best_end": end.squeeze(1), "best_score": score.squeeze(1)}


def _sliding_max(values: Tensor, width: int, floor: float) -> Tensor:
    """Return (B, L) the largest of each position and the ``width - 1`` before it, by doubling what is covered."""
    length, covered = values.shape[1], 1
    while covered < width:
        step = min(covered, width - covered)
        values = torch.maximum(values, F.pad(values, (step, 0), value=floor)[:, :length])
        covered += step
    return values
