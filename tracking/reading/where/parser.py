"""From a filter's tokens to its tree."""

from __future__ import annotations

from errors import ConfigError
from tracking.reading.where.errors import filter_error
from tracking.reading.where.syntax import And, Comparison, Expression, Key, Literal, Membership, Not, Or, Presence
from tracking.reading.where.tokens import Kind, Token, tokenize
from tracking.reading.where.values import is_span

__all__ = ["parse"]

_KEYWORDS = frozenset({"and", "or", "not", "in", "is"})
_NOTHING = frozenset({"null", "none"})
_SYNONYMS = {"==": "=", "<>": "!="}
_MAX_DEPTH = 20
_MAX_CONDITIONS = 200


def parse(text: str) -> Expression:
    """Return the tree of a filter.

    Raises:
        ConfigError: it does not follow the grammar; the message points at the place.
    """
    if not text.strip():
        # It may come from a variable that was not set, and must not mean all, least of all where something is deleted.
        raise ConfigError("the filter is empty; leave it out to mean every experiment")
    return _Parser(text).parse()


class _Parser:
    """Recursive descent; how deep it goes is limited, so that no text can exhaust the stack."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._position = 0
        self._depth = 0
        self._conditions = 0

    def parse(self) -> Expression:
        expression = self._or()
        if self._token.kind is not Kind.END:
            raise self._error("expected AND, OR or the end" + self._hint())
        return expression

    # -- tokens -----------------------------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _advance(self) -> Token:
        token = self._token
        self._position += token.kind is not Kind.END
        return token

    def _keyword(self, *words: str) -> bool:
        """Pass over the next tokens if they are these keywords."""
        ahead = self._tokens[self._position : self._position + len(words)]
        found = [token.text.lower() for token in ahead if token.kind is Kind.WORD]
        if found != list(words):
            return False
        self._position += len(words)
        return True

    def _mark(self, mark: str) -> bool:
        if self._token.kind is not Kind.MARK or self._token.text != mark:
            return False
        self._position += 1
        return True

    def _error(self, message: str, token: Token | None = None) -> ConfigError:
        return filter_error(message, self._text, (token or self._token).place)

    def _hint(self) -> str:
        if self._token.text in ("&&", "||", "&", "|"):
            return f"; write {'and' if '&' in self._token.text else 'or'} instead of {self._token.text}"
        return ""

    # -- rules ------------------------------------------------------------------------------------------------------

    def _or(self) -> Expression:
        operands = [self._and()]
        while self._keyword("or"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def _and(self) -> Expression:
        operands = [self._unary()]
        while self._keyword("and"):
            operands.append(self._unary())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _unary(self) -> Expression:
        start = self._token
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(f"nested more than {_MAX_DEPTH} deep", start)
        if self._keyword("not"):
            expression: Expression = Not(self._unary())
        elif self._mark("("):
            expression = self._or()
            if not self._mark(")"):
                raise self._error("expected AND, OR or ')'" + self._hint())
        else:
            expression = self._condition()
        self._depth -= 1
        return expression

    def _condition(self) -> Expression:
        self._count(self._token)
        key = self._key()
        if self._keyword("is", "not"):
            return self._presence(key, present=True)
        if self._keyword("is"):
            return self._presence(key, present=False)
        if self._keyword("not", "in"):
            return Membership(key, self._literals(), negated=True)
        if self._keyword("in"):
            return Membership(key, self._literals(), negated=False)
        operator = self._token
        if operator.kind is not Kind.OPERATOR:
            raise self._error(f"expected a comparison after {key.text!r}: = != < <= > >= ~ !~ in, is null")
        self._advance()
        return self._comparison(key, operator)

    def _key(self) -> Key:
        token = self._token
        if token.kind is Kind.STRING:
            raise self._error("expected a name before the comparison; quotes are for values, as in name = 'text'")
        if token.kind is not Kind.WORD or token.text.lower() in _KEYWORDS:
            raise self._error("expected a condition such as status = failed")
        self._advance()
        return Key(token.text, token.place)

    def _presence(self, key: Key, present: bool) -> Expression:
        if not any(self._keyword(word) for word in _NOTHING):
            raise self._error("expected null")
        return Presence(key, present)

    def _comparison(self, key: Key, operator: Token) -> Expression:
        literal = self._literal()
        symbol = _SYNONYMS.get(operator.text, operator.text)
        if _is_nothing(literal):
            if symbol not in ("=", "!="):
                raise self._error(f"nothing is {symbol} null; write {key.text} is null", operator)
            return Presence(key, present=symbol == "!=")
        return Comparison(key, symbol, literal, operator.place)

    def _literals(self) -> tuple[Literal, ...]:
        if not self._mark("("):
            raise self._error("expected a list in parentheses, as in (1, 2)")
        literals = [self._member()]
        while self._mark(","):
            literals.append(self._member())
        if not self._mark(")"):
            raise self._error("expected ',' or ')'")
        return tuple(literals)

    def _member(self) -> Literal:
        token = self._token
        literal = self._literal()
        if _is_nothing(literal):
            raise self._error("null cannot stand in a list; write: or … is null", token)
        return literal

    def _literal(self) -> Literal:
        token = self._token
        if token.kind is Kind.STRING:
            self._advance()
            return Literal(token.text, quoted=True, place=token.place)
        if token.kind is not Kind.WORD:
            raise self._error("expected a value: a number, a text, true, false or null")
        if token.text.lower() in _KEYWORDS:
            raise self._error(f"expected a value; the text {token.text!r} needs quotes")
        self._advance()
        return self._span_of_time(token)

    def _span_of_time(self, token: Token) -> Literal:
        """Return the value that begins with ``token``: ``7d ago``, or as tables show it: ``5 min ago``, ``2.5 h``."""
        text, last = token.text, token
        if self._token.kind is Kind.WORD and is_span(f"{text} {self._token.text}"):
            last = self._advance()
            text = f"{text} {last.text}"
        if self._keyword("ago"):
            last = self._tokens[self._position - 1]
            text = f"{text} ago"
        return Literal(text, quoted=False, place=token.place._replace(end=last.place.end))

    def _count(self, token: Token) -> None:
        self._conditions += 1
        if self._conditions > _MAX_CONDITIONS:
            raise self._error(f"more than {_MAX_CONDITIONS} conditions", token)


def _is_nothing(literal: Literal) -> bool:
    return not literal.quoted and literal.text.lower() in _NOTHING
