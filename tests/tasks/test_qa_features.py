from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from errors import ConfigError
from tasks.base import FeatureOptions
from tasks.demo_model import build_tokenizer
from tasks.qa import QuestionAnswering
from tests.tasks.builders import CONTEXT, demo_rows, load, question_row

TASK = QuestionAnswering()
TOKENIZER = build_tokenizer()


def _text(feature: dict[str, Any], row: dict[str, Any]) -> str:
    """The original text of a feature's target span."""
    begin = feature["offset_mapping"][2 * feature["start_positions"]]
    end = feature["offset_mapping"][2 * feature["end_positions"] + 1]
    return str(row["context"][begin:end])


def test_targets_of_the_embedded_data_stand_for_the_gold_text() -> None:
    rows = demo_rows(TASK, 200)
    features = TASK.featurise(rows, TOKENIZER, FeatureOptions(384))
    assert len(features) == len(rows) and all(features["has_answer"])
    for feature, row in zip(features, rows.table, strict=True):
        assert _text(feature, row) == row["answers"]["text"][0]


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**20), max_length=st.integers(24, 60), stride=st.integers(0, 30))
def test_windows_cover_the_context_and_hold_answers_whole(
    tmp_path: Path, seed: int, max_length: int, stride: int
) -> None:
    rng = np.random.default_rng(seed)
    words = [str(word) for word in rng.choice(["alpha", "bi", "c", "délta", "x-y", "42"], size=rng.integers(3, 60))]
    first = int(rng.integers(len(words)))
    last = min(first + int(rng.integers(3)), len(words) - 1)
    start = len(" ".join(words[:first])) + (first > 0)
    text = " ".join(words[first : last + 1])
    answers = {"text": [text], "answer_start": [start]}
    rows = load(TASK, tmp_path, [{"question": "which?", "context": " ".join(words), "answers": answers}])
    features = TASK.featurise(rows, TOKENIZER, FeatureOptions(max_length, stride))
    covered = np.array([character == " " for character in rows.table[0]["context"]])
    for feature in features:
        assert len(feature["input_ids"]) == len(feature["attention_mask"]) <= max_length
        offsets = np.array(feature["offset_mapping"]).reshape(-1, 2)
        context = offsets[feature["context_first"] : feature["context_last"] + 1]
        covered[context[0, 0] : context[-1, 1]] = True
        held = context[0, 0] <= start and start + len(text) <= context[-1, 1]
        assert feature["has_answer"] == held
        assert (feature["start_positions"] > 0) == held
        if held:
            assert _text(feature, rows.table[0]) == text
    assert covered.all()


def test_an_answer_inside_a_word_takes_the_word_and_white_space_is_ignored(tmp_path: Path) -> None:
    inside = {**question_row(), "answers": {"text": ["lut"], "answer_start": [12]}}
    spaced = {**question_row(), "answers": {"text": [" flute."], "answer_start": [10]}}
    rows = load(TASK, tmp_path, [inside, spaced])
    features = TASK.featurise(rows, TOKENIZER, FeatureOptions(128))
    assert [_text(feature, rows.table[0]) for feature in features] == ["flute", "flute."]


def test_several_tokens_of_one_character_make_a_legal_span(tmp_path: Path) -> None:
    # Byte-level tokenisers spell a rare character in several tokens that share its offsets.
    tokens = ["[PAD]", "[MASK]", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    backend = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, pad_token="[PAD]", mask_token="[MASK]"
    )
    rows = load(TASK, tmp_path, [question_row("🙂", context="so 🙂 it is")])
    feature = TASK.featurise(rows, tokenizer, FeatureOptions(64))[0]
    assert feature["has_answer"] and feature["end_positions"] - feature["start_positions"] == 3
    assert _text(feature, rows.table[0]) == "🙂"


def test_unanswerable_rows_target_cls(tmp_path: Path) -> None:
    features = TASK.featurise(load(TASK, tmp_path, [question_row(), question_row("")]), TOKENIZER, FeatureOptions(128))
    assert features["has_answer"][:] == [True, False]
    assert (features["start_positions"][1], features["end_positions"][1]) == (0, 0)
    assert features["no_answer_allowed"][:] == [True, True]


def test_q_only_masks_the_context_and_keeps_every_position(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row()])
    plain, blank = (
        TASK.featurise(rows, TOKENIZER, FeatureOptions(128, ablation=name))[0] for name in ("none", "q_only")
    )
    first, last = plain["context_first"], plain["context_last"]
    assert set(blank["input_ids"][first : last + 1]) == {TOKENIZER.mask_token_id}
    assert (
        blank["input_ids"][:first] == plain["input_ids"][:first]
        and blank["input_ids"][last + 1 :] == plain["input_ids"][last + 1 :]
    )
    assert {k: v for k, v in blank.items() if k != "input_ids"} == {k: v for k, v in plain.items() if k != "input_ids"}


def test_p_only_leaves_the_question_out(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row()])
    feature = TASK.featurise(rows, TOKENIZER, FeatureOptions(128, ablation="p_only"))[0]
    assert feature["context_first"] == 2 and _text(feature, rows.table[0]) == "flute"


def test_a_long_question_is_cut_and_a_wide_stride_narrowed_aloud(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long = {**question_row(context=CONTEXT * 4), "question": "Alma " * 50}
    rows = load(TASK, tmp_path, [long, question_row("Hugo")])
    with caplog.at_level(logging.WARNING):
        features = TASK.featurise(rows, TOKENIZER, FeatureOptions(64, doc_stride=60))
    assert max(map(len, features["input_ids"])) == 64 and set(features["row"]) == {0, 1}
    assert "1 questions are longer than half of max_length 64 and were cut" in caplog.text
    assert "doc_stride 60 leaves no room beside the longest question; using 21" in caplog.text


def test_no_room_for_context_is_an_error(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [{**question_row(), "question": "Alma " * 50}])
    with pytest.raises(ConfigError, match="max_length 16 leaves 5 tokens for context; raise it"):
        TASK.featurise(rows, TOKENIZER, FeatureOptions(16))


def test_the_limit_of_the_tokeniser_caps_max_length(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row(context=CONTEXT * 60)])
    features = TASK.featurise(rows, TOKENIZER, FeatureOptions(4096))
    assert max(map(len, features["input_ids"])) == TOKENIZER.model_max_length == 512


def test_permuting_rows_permutes_features(tmp_path: Path) -> None:
    rows = [question_row(word, context=CONTEXT * 3, id=word) for word in ("flute", "Hugo", "handball")]
    one, other = (
        TASK.featurise(load(TASK, tmp_path, order), TOKENIZER, FeatureOptions(48, 8)).to_list()
        for order in (rows, rows[::-1])
    )
    assert len(one) > 3

    def drop_row(features: list[dict[str, Any]], row: int) -> list[dict[str, Any]]:
        return [{k: v for k, v in feature.items() if k != "row"} for feature in features if feature["row"] == row]

    assert all(drop_row(one, row) == drop_row(other, 2 - row) for row in range(3))
