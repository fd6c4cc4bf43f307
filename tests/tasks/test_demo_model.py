from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoModelForSequenceClassification, AutoTokenizer

from tasks.demo_data import NAMES, generate
from tasks.demo_model import build_model, build_tokenizer
from tasks.demo_vocabulary import vocabulary

HEADS = [
    (AutoModel, {}),
    (AutoModelForQuestionAnswering, {}),
    (AutoModelForSequenceClassification, {"num_labels": 3}),
]


def test_every_word_of_the_data_is_one_token() -> None:
    tokenizer = build_tokenizer()
    for name in NAMES:
        row = generate(name, "ood")[0]
        text = row["context"] if name == "demo" else row["text"]
        tokens = tokenizer.tokenize(text)
        assert not any(token.startswith("##") or token == "[UNK]" for token in tokens)
    assert all(tokenizer.tokenize(word) == [word] for word in vocabulary())


def test_other_words_are_spelt_out() -> None:
    tokenizer = build_tokenizer()
    assert tokenizer.tokenize("Zebra 12!") == ["z", "##e", "##b", "##r", "##a", "1", "##2", "!"]
    assert tokenizer.decode(tokenizer("zebra plays").input_ids, skip_special_tokens=True) == "zebra plays"


def test_pairs_have_offsets_types_truncation_and_padding() -> None:
    tokenizer = build_tokenizer()
    question, context = "Which city does Alma visit?", "Alma visits Cape Town. Felix cooks sushi."
    encoded = tokenizer(question, context, return_offsets_mapping=True)
    tokens = tokenizer.convert_ids_to_tokens(encoded.input_ids)
    assert (tokens[0], tokens[-1], tokens.count("[SEP]")) == ("[CLS]", "[SEP]", 2)
    first = encoded.token_type_ids.index(1)
    assert tokens[first - 1] == "[SEP]"
    words = [context[start:end].lower() for start, end in encoded.offset_mapping[first:-1]]
    assert words == tokens[first:-1]
    windows = {"truncation": "only_second", "max_length": 14, "stride": 2, "return_overflowing_tokens": True}
    cut = tokenizer(question, context, **windows)
    assert len(cut.input_ids) > 1
    assert max(map(len, cut.input_ids)) == 14
    padded = tokenizer([question, "Elsa"], padding=True, return_tensors="pt")
    assert padded.attention_mask.sum(1).tolist() == [8, 3]
    assert padded.input_ids[1, 3:].unique().tolist() == [tokenizer.pad_token_id]


@pytest.mark.parametrize(("auto_class", "fields"), HEADS)
def test_saved_and_loaded_again(auto_class: type, fields: dict[str, int], tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model(auto_class.__name__, fields)
    model.train(False)
    model.save_pretrained(tmp_path)
    build_tokenizer().save_pretrained(tmp_path)
    batch = AutoTokenizer.from_pretrained(tmp_path)("Alma visits Oslo.", "Nobody cooks.", return_tensors="pt")
    assert batch.input_ids.tolist() == [build_tokenizer()("Alma visits Oslo.", "Nobody cooks.").input_ids]
    again = auto_class.from_pretrained(tmp_path).eval()  # type: ignore[attr-defined]
    with torch.no_grad():
        assert torch.equal(model(**batch)[0], again(**batch)[0])
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 1_000_000


def test_the_seed_decides_the_weights_and_nothing_drops_out() -> None:
    def logits(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        model = build_model("AutoModelForSequenceClassification", {"num_labels": 3}).train()
        output: torch.Tensor = model(**build_tokenizer()("Alma visits Oslo.", return_tensors="pt")).logits.detach()
        return output

    assert torch.equal(logits(1), logits(1))
    assert not torch.equal(logits(1), logits(2))


def test_padding_changes_no_prediction() -> None:
    torch.manual_seed(0)
    model = build_model("AutoModelForQuestionAnswering", {})
    model.train(False)
    tokenizer = build_tokenizer()
    with torch.no_grad():
        alone = model(**tokenizer("Which dish?", "Alma cooks sushi.", return_tensors="pt")).start_logits
        padded = model(
            **tokenizer("Which dish?", "Alma cooks sushi.", padding="max_length", max_length=30, return_tensors="pt")
        ).start_logits
    torch.testing.assert_close(padded[:, : alone.shape[1]], alone, rtol=1e-4, atol=1e-5)
