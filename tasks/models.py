"""Load tokenisers, models and encoders: the embedded ``demo``, a local folder, or a name on the hub."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import transformers
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from errors import DataError, ResourceError
from tasks.demo_model import build_model, build_tokenizer
from tasks.hub import go_offline_if_unreachable

if TYPE_CHECKING:
    from tasks.base import Rows, Task

__all__ = [
    "DEMO",
    "load_encoder",
    "load_model",
    "load_tokenizer",
    "load_trained_model",
    "read_weights",
    "trained_label_names",
]

_WEIGHTS = ("model.safetensors", "model-*-of-*.safetensors")

DEMO = "demo"
"""Name of the embedded model."""

_DROPOUT_FIELDS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "hidden_dropout"),
    *("dropout", "attention_dropout", "activation_dropout", "qa_dropout", "seq_classif_dropout"),
    *("pooler_dropout", "embd_pdrop", "resid_pdrop", "attn_pdrop", "summary_first_dropout", "embedding_dropout"),
)
"""Names that the architectures of transformers give their dropout probabilities."""

T = TypeVar("T")


def load_tokenizer(name: str) -> PreTrainedTokenizerFast:
    """Return the tokeniser of a model.

    Args:
        name: ``demo``, a local folder, or a name on the hub.

    Raises:
        ResourceError: the folder is missing, or the name is not on this machine and the hub cannot be reached.
        DataError: the folder holds no usable tokeniser, or one without offsets.
    """
    if name == DEMO:
        return build_tokenizer()
    tokenizer = _load(name, "tokeniser", lambda: AutoTokenizer.from_pretrained(name, trust_remote_code=False))
    if not tokenizer.is_fast:
        raise DataError(f"model {name!r}: its tokeniser gives no offsets (no tokenizer.json); choose another model")
    return cast(PreTrainedTokenizerFast, tokenizer)


def read_weights(name: str) -> dict[str, Tensor]:
    """Return the weights in a local folder, for :func:`load_model`; none where it reads them better itself."""
    files = [path for pattern in _WEIGHTS for path in sorted(Path(name).glob(pattern))]
    try:
        return {key: tensor for path in files for key, tensor in load_file(path).items()}
    except (OSError, SafetensorError):
        # Whoever loads the model says what is wrong with it.
        return {}


def load_model(
    name: str, task: Task, rows: Rows, dropout: float | None = None, weights: Mapping[str, Tensor] | None = None
) -> PreTrainedModel:
    """Return a model with the task's head, new where the weights have none. The caller seeds torch first.

    Args:
        name: ``demo`` (untrained), a local folder, or a name on the hub.
        task: names the auto class and the config fields.
        rows: give the number of labels and their names.
        dropout: probability of every dropout layer; None keeps the model's own (``demo`` has none).
        weights: what :func:`read_weights` gave; copied instead of being read once more, with the same result.

    Raises:
        ResourceError: the folder is missing, or the name is not on this machine and the hub cannot be reached.
        DataError: the folder holds no model of this task.
    """
    fields = task.model_config(rows)
    if name == DEMO:
        return build_model(task.auto_model, fields)
    auto_class = getattr(transformers, task.auto_model)
    if dropout is not None:
        fields |= _load(name, "model", lambda: _dropout_fields(name, dropout))
    if weights:
        return _load(name, "model", lambda: _from_weights(auto_class, name, weights, **fields))
    return _load(name, "model", lambda: _from_pretrained(auto_class, name, **fields))


def load_trained_model(name: str, task: Task, rows: Rows) -> PreTrainedModel:
    """Return a model whose head was trained for this task, to evaluate it as it is.

    Raises:
        ResourceError: the folder is missing, or the name is not on this machine and the hub cannot be reached.
        DataError: there is no model, or its head is missing or made for other labels: its scores would be noise.
    """
    if name == DEMO:
        raise DataError("model 'demo' is untrained: give --do_train too, or name the folder of a trained model")
    auto_class = getattr(transformers, task.auto_model)
    fields = {"ignore_mismatched_sizes": True, "output_loading_info": True, **task.model_config(rows)}
    model, info = _load(name, "model", lambda: auto_class.from_pretrained(name, trust_remote_code=False, **fields))
    untrained = sorted([*info["missing_keys"], *(str(key[0]) for key in info["mismatched_keys"])])
    if untrained:
        raise DataError(
            f"model {name!r}: {', '.join(untrained[:3])} were not trained for task {task.name} with these labels; "
            "train it first (--do_train), or name a model trained on this task"
        )
    trained: PreTrainedModel = model
    return trained


def trained_label_names(name: str) -> tuple[str, ...]:
    """Return the label names that a trained model's config keeps, in the order of their numbers, or none."""
    if name == DEMO:
        return ()
    config = _load(name, "model", lambda: AutoConfig.from_pretrained(name, trust_remote_code=False))
    names = tuple(str(label) for _, label in sorted((config.id2label or {}).items()))
    return () if any(label.startswith("LABEL_") for label in names) else names


def load_encoder(name: str) -> PreTrainedModel:
    """Return a model without a head. The caller seeds torch first, as ``demo`` is untrained.

    Raises:
        ResourceError: the folder is missing, or the name is not on this machine and the hub cannot be reached.
        DataError: the folder holds no usable model.
    """
    if name == DEMO:
        return build_model("AutoModel", {})
    return _load(name, "model", lambda: _from_pretrained(AutoModel, name))


def _dropout_fields(name: str, dropout: float) -> dict[str, float]:
    """Return the dropout probabilities that this model's config has, under the names of its architecture."""
    config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    return {field: dropout for field in _DROPOUT_FIELDS if hasattr(config, field)}


def _from_pretrained(auto_class: type, name: str, **fields: object) -> PreTrainedModel:
    # Fine-tuning meets a head of another size in a folder that was trained on other labels: it is made anew.
    model: PreTrainedModel = auto_class.from_pretrained(  # type: ignore[attr-defined]
        name, trust_remote_code=False, ignore_mismatched_sizes=True, **fields
    )
    return model


def _from_weights(auto_class: Any, name: str, weights: Mapping[str, Tensor], **fields: object) -> PreTrainedModel:
    config = AutoConfig.from_pretrained(name, trust_remote_code=False, **fields)
    if type(config) not in auto_class._model_mapping:
        # It says which kinds of model there are.
        return _from_pretrained(auto_class, name, **fields)
    # Training must not change what others copy from.
    copied = {key: tensor.clone() for key, tensor in weights.items()}
    model_class = auto_class._model_mapping[type(config)]
    model: PreTrainedModel = model_class.from_pretrained(
        None, config=config, state_dict=copied, ignore_mismatched_sizes=True
    )
    model.config._name_or_path = name
    return model


def _load(name: str, part: str, load: Callable[[], T]) -> T:
    folder = Path(name)
    if not folder.exists() and _looks_like_path(name):
        raise ResourceError(f"model {name!r}: no such folder; name one with config.json and weights, or 'demo'")
    if not folder.exists():
        go_offline_if_unreachable()
    try:
        with _quiet():
            return load()
    except (OSError, ValueError, KeyError, TypeError, ImportError, SafetensorError) as error:
        reason = str(error).strip().split("\n")[0]
        if folder.exists():
            raise DataError(
                f"model {name!r}: the folder holds no {part} that transformers can load ({reason}); "
                "it needs config.json, model.safetensors and the tokeniser's files"
            ) from error
        raise ResourceError(
            f"model {name!r}: not on this machine, and the hub gave nothing ({reason}); go online and check the name, "
            "name a local folder, or use 'demo'"
        ) from error


def _looks_like_path(name: str) -> bool:
    """Tell a path from a hub name, which is ``name`` or ``owner/name``."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the report of new heads and unused weights, which fine-tuning always prints, and the loading bar."""
    verbosity = transformers_logging.get_verbosity()
    bar = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bar:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
