"""What a question asks for, read from its first question word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["QUESTION_TYPES", "question_types"]

QUESTION_TYPES = ("what", "which", "who", "when", "where", "why", "how many", "how", "yes/no", "other")
_AUXILIARIES = "is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must"
_YES_NO = rf"(?i)^\W*(?:{_AUXILIARIES})(?:n't)?\b"
# Of two alternatives that start at one place the first wins, so "how many" stands before "how".
_WORD = r"(?i)\b(?P<word>how\s+(?:many|much)|how|whom|whose|who|what|which|when|where|why)\b"
_WHO = ("whom", "whose")


def question_types(questions: Sequence[str]) -> NDArray[np.str_]:
    """Return (N,) one of :data:`QUESTION_TYPES` each, without a loop over the questions.

    A question that opens with an auxiliary verb ("Do you share ...?") is yes/no, whatever follows. Otherwise the first
    question word decides, also in the middle ("In which year ..."); "how much" counts as "how many".
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(questions, type=pa.string())
    found = pc.struct_field(pc.extract_regex(texts, _WORD), "word")
    word = pc.utf8_lower(pc.replace_substring_regex(found, r"\s+", " "))
    words = np.asarray(pc.fill_null(word, "other").to_numpy(zero_copy_only=False), dtype="U9")
    words[np.isin(words, _WHO)] = "who"
    words[words == "how much"] = "how many"
    words[pc.fill_null(pc.match_substring_regex(texts, _YES_NO), False).to_numpy(zero_copy_only=False)] = "yes/no"
    return words
