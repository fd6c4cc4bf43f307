"""The embedded default model: a tiny transformer without dropout, and a tokeniser of the generator's vocabulary."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedModel, PreTrainedTokenizerFast, RoFormerConfig

from tasks.demo_vocabulary import vocabulary

__all__ = ["build_model", "build_tokenizer"]

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_MAX_LENGTH = 512
_WIDTH = 96


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Return a lower-casing tokeniser with one token for each word of the embedded data sets.

    Other words are spelt out in characters, so the model can be tried on any Latin text.
    """
    tokens = _tokens()
    word_piece = models.WordPiece({token: index for index, token in enumerate(tokens)}, unk_token="[UNK]")
    tokenizer = Tokenizer(word_piece)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokens.index(token)) for token in ("[CLS]", "[SEP]")],
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=_MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **dict(zip(names, _SPECIAL, strict=True)),
    )


def build_model(auto_model_class_name: str, config_fields: Mapping[str, Any]) -> PreTrainedModel:
    """Return an untrained model; the caller seeds torch first.

    Args:
        auto_model_class_name: name of the transformers auto class, such as ``AutoModelForQuestionAnswering``.
        config_fields: further fields of its config, such as ``num_labels``.
    """
    # Rotary positions and a large initialisation let two layers learn within a few epochs to match a name in the
    # question with its neighbours in the context; BERT's absolute positions at 0.02 only learn such rows by heart.
    config = RoFormerConfig(
        vocab_size=len(_tokens()),
        hidden_size=_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=6,
        intermediate_size=_WIDTH,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=_MAX_LENGTH,
        initializer_range=0.15,
        pad_token_id=_SPECIAL.index("[PAD]"),
        **config_fields,
    )
    model: PreTrainedModel = getattr(transformers, auto_model_class_name).from_config(config)
    return model


def _tokens() -> list[str]:
    words = vocabulary()
    characters = string.ascii_lowercase + string.digits
    spelling = [*characters, *string.punctuation, *(f"##{character}" for character in characters)]
    return [*_SPECIAL, *words, *(token for token in spelling if token not in set(words))]
