"""Which way a metric is better, told from its name."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

__all__ = ["Direction", "direction_of", "is_about_the_training"]

Direction = Literal["higher", "lower"]

_SMALLER = re.compile(
    r"_(loss|nll|error|err|perplexity|ppl|mse|mae|rmse|wer|cer|bpb|bits|brier|ece|entropy|regret|time|runtime|seconds"
    r"|latency|duration|memory|flops|flos|toxicity|hallucination|fid)_"
)
_LARGER = re.compile(
    r"_per_(second|sec)_|_(f1|accuracy|acc|exact_match|em|precision|recall|auc|bleu|rouge[a-z0-9]*|mcc)_$"
)
"""Words at the end say what is measured, before those in the middle, which may name an evaluation set."""
_NEITHER = re.compile(
    r"(?<!_per)_(epoch|steps?|learning_rate|lr|grad_norm|gradient_norm|seed|rows|samples|tokens|seen|count|total"
    r"|model_preparation_time)_$"
)
_TRAINING = re.compile(
    r"_(runtime|total_flos|(samples|steps|tokens)_per_(second|sec)|learning_rate|lr|grad_norm|gradient_norm|epoch"
    r"|model_preparation_time|jit_compilation_time|num_tokens|num_input_tokens_seen)_$"
)
_PARTS = re.compile(r"[^a-z0-9]+")


def direction_of(name: str, lower: Collection[str] = (), higher: Collection[str] = ()) -> Direction | None:
    """Return which way a metric is better, or None where neither way is: an epoch, a count, a learning rate.

    Args:
        name: the metric.
        lower: metrics that the user says are better when smaller.
        higher: metrics that the user says are better when larger.
    """
    if name in lower or name in higher:
        return "lower" if name in lower else "higher"
    plain = _plain(name)
    if _NEITHER.search(plain):
        return None
    return "lower" if _SMALLER.search(plain) and not _LARGER.search(plain) else "higher"


def is_about_the_training(name: str) -> bool:
    """Return whether a metric says how a training ran, and nothing of how good the model is."""
    return _TRAINING.search(_plain(name)) is not None


def _plain(name: str) -> str:
    return f"_{'_'.join(part for part in _PARTS.split(name.lower()) if part)}_"
