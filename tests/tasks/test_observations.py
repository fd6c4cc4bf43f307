from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.observations import best_spans, observe_classes, observe_targets


def test_values_of_a_row_on_paper() -> None:
    seen = observe_targets(torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([0]))
    p = np.exp(2) / (np.exp(2) + 2)
    assert seen["log_p"].item() == pytest.approx(np.log(p), abs=1e-6)
    assert seen["margin"].item() == pytest.approx(2)
    assert seen["el2n"].item() == pytest.approx(np.sqrt((1 - p) ** 2 + 2 * ((1 - p) / 2) ** 2), abs=1e-6)


def test_positions_that_do_not_exist_change_nothing() -> None:
    logits, gold = torch.randn(4, 6), torch.tensor([0, 5, 2, 3])
    padded = torch.cat([logits, torch.randn(4, 3) + 50], dim=1)
    allowed = torch.arange(9).expand(4, 9) < 6
    short, long = observe_targets(logits, gold), observe_targets(padded, gold, allowed)
    for name, values in short.items():
        torch.testing.assert_close(long[name], values, rtol=0, atol=1e-6)


def test_classes_add_prediction_loss_and_probabilities() -> None:
    seen = observe_classes(torch.tensor([[0.0, 3.0], [1.0, 0.0]]), torch.tensor([0, 0]))
    assert seen["predicted"].tolist() == [1, 0]
    torch.testing.assert_close(seen["loss"], -seen["log_p"])
    torch.testing.assert_close(seen["probabilities"].sum(dim=1), torch.ones(2))


def _all_spans(start: torch.Tensor, end: torch.Tensor, context: torch.Tensor, longest: int) -> float:
    length = len(start)
    scores = [
        float(start[i] + end[j])
        for i in range(length)
        for j in range(i, min(i + longest, length))
        if context[i] and context[j]
    ]
    return max(scores, default=-np.inf)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 14), st.integers(1, 6))
def test_the_best_span_is_the_best_of_all(seed: int, length: int, longest: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    start, end = torch.randn(2, 3, length, generator=generator)
    bounds = torch.randint(0, length, (3, 2), generator=generator).sort(dim=1).values
    context = (torch.arange(length) >= bounds[:, :1]) & (torch.arange(length) <= bounds[:, 1:])
    best = best_spans(start, end, context, longest)
    for row in range(3):
        i, j = int(best["best_start"][row]), int(best["best_end"][row])
        assert context[row, i] and context[row, j] and i <= j < i + longest
        assert best["best_score"][row].item() == pytest.approx(float(start[row, i] + end[row, j]))
        assert best["best_score"][row].item() == pytest.approx(_all_spans(start[row], end[row], context[row], longest))


def test_without_context_no_span_can_win() -> None:
    best = best_spans(torch.randn(1, 5), torch.randn(1, 5), torch.zeros(1, 5, dtype=torch.bool))
    assert -1e39 < best["best_score"].item() < -1e38
