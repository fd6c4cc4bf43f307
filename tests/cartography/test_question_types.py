from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartography.question_types import QUESTION_TYPES, question_types


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who wrote it?", "who"),
        ("To whom was it given?", "who"),
        ("Whose idea was it?", "who"),
        ("what's the name?", "what"),
        ("In which year did it end?", "which"),
        ("When I log out, what is kept?", "when"),
        ("How  many people came?", "how many"),
        ("how much does it cost?", "how many"),
        ("How is my data used?", "how"),
        ("Where?", "where"),
        ("Why not?", "why"),
        ("Do you share data when I log out?", "yes/no"),
        ("  Isn't it?", "yes/no"),
        ("Name the river.", "other"),
        ("Whatever happened", "other"),
        ("", "other"),
    ],
)
def test_kinds(question: str, kind: str) -> None:
    assert question_types([question]).tolist() == [kind]


@given(st.lists(st.text()))
@settings(deadline=None)
def test_every_text_has_one_kind(questions: list[str]) -> None:
    kinds = question_types(questions)
    assert len(kinds) == len(questions)
    assert set(kinds.tolist()) <= set(QUESTION_TYPES)
