from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tasks.losses import class_losses, smoothed_span_losses, span_losses

Z = torch.tensor([[1.0, 2.0, 0.0, -1.0, 3.0, 0.5, -2.0, -2.0]])
GOLD = torch.tensor([4])
SPREAD = torch.tensor([[False, False, False, True, True, True, False, False]])


def test_span_smoothing_equals_the_reference_value() -> None:
    smoothed = smoothed_span_losses((Z, Z), (GOLD, GOLD), SPREAD, torch.tensor([0.2]))
    assert smoothed.item() == pytest.approx(0.9442859436, abs=1e-6)
    assert span_losses(Z, Z, GOLD, GOLD).item() == pytest.approx(0.5109526103, abs=1e-6)


def _gradients(losses: Tensor, *inputs: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(losses.sum() / len(losses), inputs))


def test_zero_smoothing_gives_the_hard_loss_to_the_last_bit() -> None:
    torch.manual_seed(0)
    start, end = torch.randn(3, 8, requires_grad=True), torch.randn(3, 8, requires_grad=True)
    gold, spread = (torch.tensor([4, 0, 5]), torch.tensor([5, 0, 5])), SPREAD.expand(3, 8)
    hard = span_losses(start, end, *gold)
    zero = smoothed_span_losses((start, end), gold, spread, torch.zeros(3))
    assert torch.equal(hard, zero)
    for ours, theirs in zip(_gradients(zero, start, end), _gradients(hard, start, end), strict=True):
        assert torch.equal(ours, theirs)


def test_class_smoothing_is_that_of_torch() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    expected = F.cross_entropy(logits, labels, label_smoothing=0.3, reduction="none")
    torch.testing.assert_close(class_losses(logits, labels, torch.full((6,), 0.3)), expected)
    assert torch.equal(class_losses(logits, labels, torch.zeros(6)), class_losses(logits, labels))


def test_each_feature_has_its_own_smoothing() -> None:
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    eps = torch.tensor([0.0, 0.1, 0.5, 0.0])
    expected = [
        F.cross_entropy(row, label, label_smoothing=float(e)) for row, label, e in zip(logits, labels, eps, strict=True)
    ]
    torch.testing.assert_close(class_losses(logits, labels, eps), torch.stack(expected))


def test_a_position_ruled_out_by_the_model_never_makes_nan() -> None:
    start = Z.clone().index_fill(1, torch.tensor([0, 7]), -torch.inf).requires_grad_()
    for eps in (0.0, 0.2):
        loss = smoothed_span_losses((start, start), (GOLD, GOLD), SPREAD, torch.tensor([eps]))
        (gradient,) = _gradients(loss, start)
        assert torch.isfinite(loss).all() and torch.isfinite(gradient).all()


def test_no_place_for_the_mass_is_no_division_by_zero() -> None:
    nowhere = torch.zeros_like(SPREAD)
    loss = smoothed_span_losses((Z, Z), (GOLD, GOLD), nowhere, torch.tensor([0.0]))
    assert torch.equal(loss, span_losses(Z, Z, GOLD, GOLD))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_logits_are_scored_in_float32(dtype: torch.dtype) -> None:
    logits = Z.to(dtype)
    assert span_losses(logits, logits, GOLD, GOLD).dtype == torch.float32
    assert class_losses(logits, GOLD, torch.tensor([0.1])).dtype == torch.float32
