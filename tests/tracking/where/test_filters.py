"""What filters find: the same in SQL, on every database, as in plain Python; and never more than a clear error."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from errors import ConfigError
from tests.tracking.where.population import NOW, NUMBERS, TEXTS, fulfils, populate
from tracking.reading.where import FieldFinder, compile_filter, quoted
from tracking.reading.where.parser import parse
from tracking.store import schema
from tracking.store.database import Database

numbers = st.sampled_from([*map(repr, NUMBERS), "81", "+.5e1", "2."])
texts = st.sampled_from(TEXTS).map(quoted)
pieces = st.sampled_from(["a", "A", "Ä", "%", "_", "\\", "*", "a*W", "", "'", "日", "1", "tr"]).map(quoted)
orders = st.sampled_from(["<", "<=", ">", ">="])
equals = st.sampled_from(["=", "==", "!=", "<>"])
likes = st.sampled_from(["~", "!~"])
text_keys = st.sampled_from(["name", "notes", "error", "id"])
param_keys = st.sampled_from(["training.lr", "params.training.optimizer", "model", "params.'weird key'"])
metric_keys = st.sampled_from(
    [
        "metrics.eval_f1",
        "metrics.train/loss.min",
        "metrics.'eval_f1'.max",
        "evaluations.gsm8k.accuracy",
        "evaluations.v1.5.f1",
    ]
)
times = st.sampled_from(["5m ago", "5 min ago", "'2027-01-15'", "2027-01-15T08:00:00", "1d ago"])
spans = st.sampled_from(["59.5", "1m", "1 min", "2h", "2.0 h", "1d"])
truths = st.sampled_from(["true", "False"])


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


def _listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(values, min_size=1, max_size=3).map(lambda found: f"({', '.join(found)})")
    return _joined(st.sampled_from(["in", "NOT IN"]), members)


def _about(keys: st.SearchStrategy[str], *rests: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    absence = st.sampled_from(["is null", "IS NOT NULL", "= null", "!= none"])
    return _joined(keys, st.one_of(*rests, absence))


anything = st.one_of(numbers, texts, truths)
conditions = st.one_of(
    _about(text_keys, _joined(st.one_of(orders, equals), texts), _joined(likes, pieces), _listed(texts)),
    _about(
        param_keys,
        _joined(orders, st.one_of(numbers, texts)),
        _joined(equals, anything),
        _joined(likes, pieces),
        _listed(anything),
    ),
    _about(metric_keys, _joined(st.one_of(orders, equals), numbers), _listed(numbers)),
    _about(st.just("seed"), _joined(st.one_of(orders, equals), st.sampled_from(["0", "1", "1.5", "9007199254740993"]))),
    _about(st.just("duration"), _joined(orders, spans)),
    _about(st.sampled_from(["created", "finished"]), _joined(orders, times)),
    _about(st.just("status"), _joined(equals, st.sampled_from(["failed", "Completed"]))),
    _about(st.sampled_from(["tag", "tags"]), _joined(equals, st.just("paper")), _joined(likes, pieces)),
)
filters = st.recursive(
    conditions,
    lambda inner: st.one_of(
        _joined(inner, st.sampled_from(["and", "AND", "or", "Or"]), inner),
        inner.map(lambda text: f"not ({text})"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=6,
)


def test_sql_finds_what_plain_python_finds(database: Database) -> None:
    experiments = populate(database)

    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(filters)
    @example("seed = 9007199254740993 or not seed < 1.5")
    def agree(text: str) -> None:
        tree = parse(text)
        assert _found(database, text) == {each.key for each in experiments if fulfils(each, tree)}

    agree()


def _found(database: Database, text: str) -> set[int]:
    with database.read() as connection:
        condition = compile_filter(text, FieldFinder(connection, now=NOW))
        return set(connection.execute(select(schema.experiments.c.key).where(condition)).scalars())


words = (
    "status seed model and or not in is null ( ) , = < ~ ' \" 1e999 ago metrics. metrics.eval_f1 5 . \\ % é ? :x %(x)s"
)
symbols = st.sampled_from([*words.split(), "'; DROP TABLE experiments; --", "\0", "\ud800"])
noise = st.one_of(st.text(max_size=40), st.lists(symbols, max_size=12).map(" ".join))


def test_any_text_is_a_filter_or_a_clear_error(database: Database) -> None:
    populate(database, count=3)

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(noise)
    def answer(text: str) -> None:
        try:
            _found(database, text)
        except ConfigError as error:
            assert str(error).startswith(("filter", "the filter is empty"))

    answer()
    assert len(_found(database, "id ~ exp")) == 3


def test_the_longest_and_deepest_filters_are_answered(database: Database) -> None:
    populate(database, count=3)
    deep = "seed = 1"
    for _ in range(6):
        deep = f"not (name ~ a and (seed = 1 or {deep}))"
    assert _found(database, deep) <= {1, 2, 3}
    assert _found(database, " or ".join(["seed = 1"] * 100 + ["not metrics.eval_f1 > 3"] * 100)) <= {1, 2, 3}
    with pytest.raises(ConfigError, match="nested more than 20 deep"):
        _found(database, "not " * 2000 + "seed = 1")
    with pytest.raises(ConfigError, match="more than 200 conditions"):
        _found(database, " or ".join(["seed = 1"] * 201))
    with pytest.raises(ConfigError, match="at most 10,000"):
        _found(database, "(" * 10_001)


@pytest.fixture
def store(database: Database) -> Database:
    populate(database)
    return database


@pytest.mark.parametrize("comparison", ["params.training.lr > 0", "metrics.eval_f1 < 80", "duration > 1m", "error ~ a"])
def test_a_missing_value_fulfils_no_comparison_and_its_negation_does(store: Database, comparison: str) -> None:
    key = comparison.split()[0]
    missing = _found(store, f"{key} is null")
    assert missing
    assert not _found(store, comparison) & missing
    assert _found(store, f"not {comparison}") >= missing
    assert _found(store, comparison) | _found(store, f"not {comparison}") == _found(store, "id ~ exp")


def test_attributes_are_known_in_capitals(store: Database) -> None:
    assert _found(store, "SEED = 1 AND Name IS NOT NULL") == _found(store, "seed = 1 and name is not null") != set()


def test_unequal_needs_a_value_but_an_absent_tag_is_unequal(store: Database) -> None:
    assert not _found(store, "seed != 1") & _found(store, "seed is null")
    assert _found(store, "tag != paper") == _found(store, "not tag = paper") >= _found(store, "tags is null")


def test_kinds_are_never_equal(store: Database) -> None:
    assert _found(store, "model = 7").isdisjoint(_found(store, "model = '7'"))
    assert _found(store, "model = true").isdisjoint(_found(store, "model = 'true'"))
    assert _found(store, "model = 1").isdisjoint(_found(store, "model = true"))
    assert _found(store, "model = '7'") <= _found(store, "model != 7")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("training.l > 1", 1, "did you mean 'training.lr'"),
        ("lr > 1", 1, "did you mean 'training.lr'"),
        ("seed = 1 and metrics.eval_f > 1", 14, "did you mean 'metrics.eval_f1'"),
        ("metrics.f1 > 1", 1, "did you mean 'metrics.eval_f1'"),
        ("metrics.nope > 1", 1, "no experiment has the metric 'metrics.nope'\n"),
        ("created < 5 mon ago", 13, "expected AND, OR or the end"),
        ("evaluations.gsm8k.acc > 1", 1, "did you mean 'evaluations.gsm8k.accuracy'"),
        ("statu = failed", 1, "did you mean 'status'"),
        ("status = complete", 10, "did you mean 'completed'"),
        ("status in (failed, complete)", 20, "did you mean 'completed'"),
        ("status < failed", 8, "no order"),
        ("created = 2026-01-01", 9, "< <= > >="),
        ("created > soon", 11, "expected a time"),
        ("duration > soon", 12, "2h"),
        ("seed > x", 8, "expected a number"),
        ("metrics.eval_f1 ~ x", 17, "no text"),
        ("model > true", 7, "= or !="),
        ("metrics.eval_f1 > 1e999", 19, "larger than"),
    ],
)
def test_errors_point_at_what_is_wrong(store: Database, text: str, column: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _found(store, text)
    first, shown, carets = str(caught.value).splitlines()
    assert first.startswith(f"filter, column {column}: ")
    assert message in f"{first}\n"
    assert shown == f"  {text}"
    assert carets.index("^") - 2 == column - 1
