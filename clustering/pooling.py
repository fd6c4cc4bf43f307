"""From the encoder's token vectors to one vector an input. Shapes: B inputs, L tokens, H hidden units."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["cls_and_answer", "masked_mean"]


def masked_mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the tokens where ``mask`` is not 0, (B, H); all zero where there is no such token.

    Args:
        hidden: (B, L, H) token vectors.
        mask: (B, L) attention mask.
    """
    weight = mask.to(hidden.dtype).unsqueeze(-1)
    return (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)


def cls_and_answer(hidden: Tensor, cls: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return [CLS] joined with the mean of the answer's tokens, (B, 2 H).

    Where start and end are the [CLS] token itself, as for unanswerable rows, the second half is [CLS] again.

    Args:
        hidden: (B, L, H) token vectors.
        cls: (B,) position of [CLS].
        start: (B,) first token of the answer.
        end: (B,) last token of the answer, inclusive.
    """
    position = torch.arange(hidden.shape[1], device=hidden.device)
    inside = (position >= start.unsqueeze(1)) & (position <= end.unsqueeze(1))
    first = hidden[torch.arange(len(hidden), device=hidden.device), cls]
    return torch.cat([first, masked_mean(hidden, inside)], dim=1)
