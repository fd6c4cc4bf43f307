from __future__ import annotations

import torch

from clustering.pooling import cls_and_answer, masked_mean

HIDDEN = torch.tensor([[[1.0, 0], [3, 2], [5, 4], [100, 100]], [[2.0, 2], [4, 6], [0, 0], [100, 100]]])


def test_padding_does_not_count() -> None:
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])
    assert masked_mean(HIDDEN, mask).tolist() == [[3, 2], [3, 4]]


def test_an_empty_mask_gives_zero_not_nan() -> None:
    assert masked_mean(HIDDEN, torch.zeros(2, 4)).tolist() == [[0, 0], [0, 0]]


def test_cls_is_joined_with_the_mean_of_the_answer_inclusive() -> None:
    cls, start, end = torch.tensor([0, 0]), torch.tensor([1, 1]), torch.tensor([2, 1])
    assert cls_and_answer(HIDDEN, cls, start, end).tolist() == [[1, 0, 4, 3], [2, 2, 4, 6]]


def test_no_answer_repeats_cls() -> None:
    cls = torch.tensor([0, 1])
    assert cls_and_answer(HIDDEN, cls, cls, cls).tolist() == [[1, 0, 1, 0], [4, 6, 4, 6]]
