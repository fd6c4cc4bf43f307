from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cartography import Dynamics, Thresholds, ambiguity, categorise, compute_metrics
from errors import ConfigError, SignalError
from tests.cartography.dynamics_builders import dynamics_of

# Four epochs of five examples with three classes; the values come from independent code.
LOGITS = np.array(
    [
        [[2, 0, 0], [3, 0, 0], [4, 0, 0], [5, 0, 0]],
        [[0, 1, 0], [0, 2, 0], [0, 3, 0], [0, 4, 0]],
        [[2, 0, 0], [0, 2, 0], [2, 0, 0], [0, 2, 0]],
        [[0, 0, 1], [0, 0, 2], [1, 0, 0], [3, 0, 0]],
        [[0, 0, 2], [0, 2, 0], [0, 0, 2], [0, 0, 3]],
    ],
    dtype=np.float64,
)
GOLD = np.array([0, 0, 0, 0, 2])
REFERENCE: dict[str, list[float]] = {
    "confidence": [0.91194887, 0.09534886, 0.44674651, 0.4510021, 0.64748052],
    "variability": [0.07744193, 0.07459834, 0.34023953, 0.31687876, 0.31630693],
    "correctness": [4, 0, 2, 2, 3],
    "forgetting": [0, 1000, 2, 0, 1],
    "threshold_closeness": [0.08029813, 0.08625746, 0.24716407, 0.24759921, 0.2282495],
    "aum": [3.5, -2.5, 0, 0.25, 1.25],
    "el2n": [0.10784017, 1.22264536, 0.72815211, 0.7061017, 0.4570253],
    "loss": [0.09595748, 2.73047218, 1.23954477, 1.10933929, 0.70338931],
}


def reference_dynamics() -> Dynamics:
    """What a recorder keeps of the logits, in the single precision of the files."""
    logits = LOGITS.transpose(1, 0, 2)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    one_hot = np.eye(3)[GOLD]
    gold = (probabilities * one_hot).sum(axis=-1)
    others = np.where(one_hot == 1, -np.inf, logits).max(axis=-1)
    return Dynamics(
        ids=np.array(list("abcde")),
        rows=np.arange(5),
        epochs=(0, 1, 2, 3),
        gold_prob=gold.astype(np.float32),
        margin=((logits * one_hot).sum(axis=-1) - others).astype(np.float32),
        el2n=np.linalg.norm(probabilities - one_hot, axis=-1).astype(np.float32),
        loss=-np.log(gold).astype(np.float32),
        correct=logits.argmax(axis=-1) == GOLD,
    )


@pytest.mark.parametrize("name", list(REFERENCE))
def test_metrics_equal_the_reference(name: str) -> None:
    np.testing.assert_allclose(compute_metrics(reference_dynamics())[name], REFERENCE[name], rtol=0, atol=1e-6)


def test_burn_in_drops_the_first_epochs() -> None:
    whole = reference_dynamics()
    cut = dynamics_of(whole.gold_prob[2:], whole.correct[2:], whole.margin[2:])
    burned = compute_metrics(whole, burn_in=2)
    for name in ("confidence", "variability", "correctness", "forgetting", "aum", "observed"):
        np.testing.assert_array_equal(burned[name], compute_metrics(cut)[name])


@pytest.mark.parametrize(("burn_in", "error"), [(4, SignalError), (9, SignalError), (-1, ConfigError)])
def test_impossible_burn_in(burn_in: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="burn_in"):
        compute_metrics(reference_dynamics(), burn_in)


def test_unobserved_epochs_do_not_count() -> None:
    nan = np.nan
    # Right, unseen, wrong: one fall between neighbouring observed epochs. The last example was never seen.
    dynamics = dynamics_of(
        [[0.9, 0.2, nan], [nan, 0.4, nan], [0.1, nan, nan]],
        [[True, False, True], [True, True, True], [False, True, True]],
    )
    metrics = compute_metrics(dynamics)
    np.testing.assert_allclose(metrics["confidence"], [0.5, 0.3, nan], atol=1e-6)
    np.testing.assert_allclose(metrics["variability"], [0.4, 0.1, nan], atol=1e-6)
    np.testing.assert_array_equal(metrics["observed"], [2, 2, 0])
    np.testing.assert_array_equal(metrics["correctness"], [1, 1, 0])
    np.testing.assert_array_equal(metrics["forgetting"], [1, 0, 1000])
    np.testing.assert_allclose(metrics["aum"][:2], [0.0, -0.8], atol=1e-6)


def test_near_constant_probabilities_keep_their_digits() -> None:
    gold = np.float32(0.99999) + np.array([[0], [6e-7], [-6e-7]], dtype=np.float32)
    metrics = compute_metrics(dynamics_of(gold))
    np.testing.assert_allclose(metrics["variability"], np.std(gold.astype(np.float64), axis=0), rtol=1e-6)


PROBABILITIES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 8), st.integers(1, 12)),
    elements=st.floats(0, 1, width=32),
)


@given(PROBABILITIES)
@settings(deadline=None)
def test_bounds(gold: np.ndarray) -> None:
    metrics = compute_metrics(dynamics_of(gold))
    mean, spread = metrics["confidence"], metrics["variability"]
    assert (spread <= np.sqrt(np.clip(mean * (1 - mean), 0, None)) + 1e-7).all()
    assert (spread <= 0.5 + 1e-12).all()
    np.testing.assert_allclose(mean, gold.astype(np.float64).mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(spread, gold.astype(np.float64).std(axis=0), atol=1e-12)
    assert ((metrics["forgetting"] == 1000) == (metrics["correctness"] == 0)).all()
    assert (metrics["correctness"] <= len(gold)).all()


@given(PROBABILITIES, st.integers(0, 1000))
@settings(deadline=None)
def test_permuting_examples_permutes_the_metrics(gold: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(gold.shape[1])
    plain, permuted = compute_metrics(dynamics_of(gold)), compute_metrics(dynamics_of(gold[:, order]))
    for name, values in plain.items():
        np.testing.assert_array_equal(values[order], permuted[name])


@given(PROBABILITIES, st.integers(0, 1000))
@settings(deadline=None)
def test_the_order_of_epochs_matters_to_forgetting_alone(gold: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(gold))
    plain, permuted = compute_metrics(dynamics_of(gold)), compute_metrics(dynamics_of(gold[order]))
    for name in set(plain) - {"forgetting"}:
        np.testing.assert_allclose(plain[name], permuted[name], rtol=0, atol=1e-9)


def test_many_examples_are_handled_in_pieces() -> None:
    gold = np.random.default_rng(3).random((3, 70_001), dtype=np.float32)
    gold[1, ::7] = np.nan
    metrics = compute_metrics(dynamics_of(gold))
    np.testing.assert_allclose(metrics["confidence"], np.nanmean(gold.astype(np.float64), axis=0), atol=1e-12)
    np.testing.assert_allclose(metrics["variability"], np.nanstd(gold.astype(np.float64), axis=0), atol=1e-12)


def test_categories_by_given_thresholds() -> None:
    confidence = np.array([0.9, 0.8, 0.5, 0.5, 0.1])
    variability = np.array([0.1, 0.4, 0.3, 0.2, 0.05])
    found = categorise(confidence, variability, Thresholds(0.8, 0.2))
    # At its threshold an example is easy; at the variability threshold it is still hard.
    assert found.tolist() == ["easy", "easy", "ambiguous", "hard", "hard"]


def test_categories_by_medians() -> None:
    confidence = np.array([0.9, 0.7, 0.5, 0.3, 0.1])
    variability = np.array([0.0, 0.1, 0.2, 0.3, 0.4])
    assert categorise(confidence, variability).tolist() == ["easy", "easy", "easy", "ambiguous", "ambiguous"]


@pytest.mark.parametrize("limits", [{"confidence": 1.5}, {"variability": 0.6}, {"variability": -0.1}])
def test_impossible_thresholds(limits: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(limits))):
        Thresholds(**limits)


def test_ambiguity() -> None:
    np.testing.assert_allclose(ambiguity(np.array([0.2, 0.9]), np.array([0.4, 0.1])), [1.2, 0.2])
