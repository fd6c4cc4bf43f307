from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.floors import smallest_exact_p


@pytest.mark.parametrize("num_seeds", range(2, 9))
def test_paired_floor_is_that_of_scipys_exact_wilcoxon(num_seeds: int) -> None:
    reference = stats.wilcoxon(np.arange(1.0, num_seeds + 1), method="exact").pvalue
    assert smallest_exact_p(num_seeds) == pytest.approx(reference)


@pytest.mark.parametrize(("num_seeds", "num_control_seeds"), [(1, 1), (1, 4), (3, 3), (4, 4), (5, 5), (3, 7)])
def test_unpaired_floor_is_that_of_scipys_exact_mann_whitney(num_seeds: int, num_control_seeds: int) -> None:
    apart = np.arange(num_seeds), np.arange(num_control_seeds) + 100
    reference = stats.mannwhitneyu(*apart, method="exact").pvalue
    assert smallest_exact_p(num_seeds, num_control_seeds) == pytest.approx(reference)


@pytest.mark.parametrize(("num_seeds", "num_control_seeds"), [(0, None), (3, 0), (0, 3)])
def test_no_seed_is_refused(num_seeds: int, num_control_seeds: int | None) -> None:
    with pytest.raises(ValueError, match="seed on each side"):
        smallest_exact_p(num_seeds, num_control_seeds)
