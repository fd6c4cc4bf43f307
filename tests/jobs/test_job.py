"""Jobs cross a boundary as JSON, and what they take is compared with what is there."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ConfigError
from jobs import Job, Resources

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_LEAF = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
)
_JSON = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3))
_RESOURCES = st.builds(
    Resources,
    cpus=st.floats(0, 64),
    gpus=st.floats(0, 1) | st.integers(2, 8).map(float),
    memory_gb=st.floats(0, 1000),
    minutes=st.none() | st.floats(0.1, 1e4),
    calls=st.integers(0, 100),
)
_JOBS = st.builds(
    Job,
    id=st.text("0123456789abcdef", min_size=1, max_size=64),
    name=_TEXT,
    work=_TEXT,
    payload=st.dictionaries(_TEXT, _JSON, max_size=4),
    needs=st.lists(_TEXT, max_size=3).map(tuple),
    resources=_RESOURCES,
    priority=st.integers(-100, 100),
    seconds=st.none() | st.floats(0, 1e6),
    adjustments=st.dictionaries(_TEXT, _JSON, max_size=2),
    failed_needs=st.dictionaries(_TEXT, _TEXT, max_size=2),
    attempt=st.integers(1, 9),
)


@given(_JOBS)
def test_a_job_comes_back_as_it_was(job: Job) -> None:
    text = job.to_json()
    assert Job.from_json(text) == job
    assert json.loads(text) == json.loads(json.dumps(dataclasses.asdict(job))), "every field is there"
    assert "\n" not in text


@pytest.mark.parametrize("payload", [{"x": object()}, {"x": float("nan")}, {"x": {1, 2}}])
def test_what_is_not_json_is_refused_by_name(payload: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="job filter: what it is told must be JSON"):
        Job(id="1", name="filter", work="node", payload=payload).to_json()


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "must be JSON"), ("[]", "Job"), ('{"id": "1", "name": "x", "work": "y", "prioritty": 3}', "priority")],
)
def test_what_is_no_job_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Job.from_json(text)


@pytest.mark.parametrize("fields", [{"gpus": 1.5}, {"gpus": -1}, {"cpus": -0.1}, {"minutes": 0}, {"memory_gb": -1}])
def test_impossible_resources_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(fields))):
        Resources(**fields)  # type: ignore[arg-type]


def test_what_is_missing_is_said_with_what_is_there() -> None:
    have = Resources(cpus=2, gpus=1, memory_gb=8)
    assert Resources(cpus=2, gpus=0.5, memory_gb=8).lacks(have) == ""
    assert Resources(cpus=0.1 + 0.2).lacks(Resources(cpus=0.3)) == "", "sums of floats are not exact"
    assert Resources(cpus=4, gpus=2).lacks(have) == "4 CPUs, but 2 at hand; 2 GPUs, but 1 at hand"
    assert Resources(gpus=8).lacks(None) == "", "where nobody knows, everything may be there"
