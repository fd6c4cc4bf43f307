"""The grammar of filters, and where its errors point."""

from __future__ import annotations

import pytest

from errors import ConfigError
from tracking.reading.where import quoted
from tracking.reading.where.parser import parse
from tracking.reading.where.syntax import And, Comparison, Expression, Membership, Not, Or, Presence
from tracking.reading.where.tokens import Kind, tokenize


def _shown(expression: Expression) -> str:
    match expression:
        case And(operands):
            return f"({' & '.join(map(_shown, operands))})"
        case Or(operands):
            return f"({' | '.join(map(_shown, operands))})"
        case Not(operand):
            return f"!{_shown(operand)}"
        case Presence(key, present):
            return f"{key.text}{'+' if present else '-'}"
        case Membership(key, literals, negated):
            return f"{key.text}{'∉' if negated else '∈'}{[literal.text for literal in literals]}"
        case Comparison(key, operator, literal, _):
            return f"{key.text}{operator}{literal.text!r}" if literal.quoted else f"{key.text}{operator}{literal.text}"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1", "a=1"),
        ("a == 1 AND b<2 Or not c >= -1e-4", "((a=1 & b<2) | !c>=-1e-4)"),
        ("a=1 or b=2 and c=3", "(a=1 | (b=2 & c=3))"),
        ("(a=1 or b=2) and c=3", "((a=1 | b=2) & c=3)"),
        ("not not a=1", "!!a=1"),
        ("not a=1 and b=2", "(!a=1 & b=2)"),
        ("a in (1, 'two', three)", "a∈['1', 'two', 'three']"),
        ("a NOT IN (1)", "a∉['1']"),
        ("a is null or b IS NOT None", "(a- | b+)"),
        ("a = null and b != null", "(a- & b+)"),
        ("a = 'null'", "a='null'"),
        ('name ~ base*1 and name !~ "it\'s"', '(name~base*1 & name!~"it\'s")'),
        ("a = 'it''s'", 'a="it\'s"'),
        ("metrics.train/loss < .5", "metrics.train/loss<.5"),
        ("metrics.'train loss (x)'.min < 1", "metrics.train loss (x).min<1"),
        ("created > 7d ago", "created>7d ago"),
        ("folder = /data/run-1:a", "folder=/data/run-1:a"),
        ("a = 'and'", "a='and'"),
        ("a\n=\n1", "a=1"),
    ],
)
def test_the_grammar(text: str, tree: str) -> None:
    assert _shown(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a", 2, "expected a comparison after 'a'"),
        ("a =", 4, "expected a value"),
        ("a = 1 b = 2", 7, "expected AND, OR or the end"),
        ("a = 1 && b = 2", 7, "write and instead of &&"),
        ("(a = 1 || b = 2)", 8, "write or instead of ||"),
        ("(a = 1", 7, "or ')'"),
        ("a = 1)", 6, "or the end"),
        ("'a' = 1", 1, "quotes are for values"),
        ("and = 1", 1, "expected a condition"),
        ("a = or", 5, "needs quotes"),
        ("a in 1", 6, "in parentheses"),
        ("a in ()", 7, "expected a value"),
        ("a in (1 2)", 9, "expected ',' or ')'"),
        ("a in (null)", 7, "is null"),
        ("a is 1", 6, "expected null"),
        ("a < null", 3, "is null"),
        ("a = 'x", 5, "not closed"),
        ("a ! b", 3, "means nothing"),
    ],
)
def test_errors_name_the_column(text: str, column: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"filter, column {column}: ")
    assert message in str(caught.value)


def test_carets_stand_below_wide_letters() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("name = '日本' x")
    _, shown, carets = str(caught.value).splitlines()
    assert (shown, carets) == ("  name = '日本' x", "  " + " " * 14 + "^")


def test_a_long_filter_is_shown_around_the_place() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("name = 1 and " * 50 + "(" + " or name = 1" * 50)
    _, shown, carets = str(caught.value).splitlines()
    assert len(shown) <= 102
    assert shown[carets.index("^")] == "o"


@pytest.mark.parametrize("text", ["", "it's", "''", 'say "x"', "a\\b", "日本", "and", "1", "null"])
def test_quoting_makes_one_text_of_anything(text: str) -> None:
    (token, end) = tokenize(quoted(text))
    assert (token.kind, token.text, end.kind) == (Kind.STRING, text, Kind.END)
