"""Which jobs of a graph make one array."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ConfigError
from execution.slurm.arrays import arrays
from jobs import Job, Resources


def _job(name: str, *needs: str, cpus: float = 1) -> Job:
    return Job(id=name, name=name, work="nothing", needs=needs, resources=Resources(cpus=cpus))


def _names(*jobs: Job) -> list[list[str]]:
    return [[job.id for job in array] for array in arrays(jobs)]


def test_jobs_that_need_and_ask_for_the_same_are_one_array() -> None:
    graph = [
        _job("late", "a", "b"),
        _job("b", "map"),
        _job("a", "map"),
        _job("large", "map", cpus=8),
        _job("map", "made before"),
        _job("free"),
    ]
    assert _names(*graph) == [["map", "free"], ["b", "a"], ["large"], ["late"]]


def test_a_long_array_is_cut_to_what_slurm_takes() -> None:
    made = list(arrays([_job(str(number)) for number in range(2500)]))
    assert [len(array) for array in made] == [1000, 1000, 500]


def test_a_cycle_is_one_clear_error() -> None:
    with pytest.raises(ConfigError, match=r"need one another in a cycle: (a -> b -> a|b -> a -> b)$"):
        _names(_job("a", "b"), _job("b", "a"), _job("c"))


def test_an_id_that_stands_twice_is_one_clear_error() -> None:
    with pytest.raises(ConfigError, match="'a' stands twice"):
        _names(_job("a"), _job("a"))


@given(st.data())
def test_every_job_is_yielded_once_and_after_its_needs(data: st.DataObject) -> None:
    number = data.draw(st.integers(1, 30))
    order = data.draw(st.permutations(range(number)))
    jobs = [
        _job(str(each), *(str(need) for need in data.draw(st.sets(st.integers(0, each))) if need != each))
        for each in range(number)
    ]
    seen: set[str] = set()
    for array in arrays([jobs[each] for each in order]):
        assert all(set(job.needs) <= seen for job in array)
        assert len({job.needs and frozenset(job.needs) for job in array}) == 1
        seen |= {job.id for job in array}
    assert seen == {job.id for job in jobs}
