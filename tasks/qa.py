"""Extractive question answering, SQuAD v1 and v2: a span of the context, or no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tasks.base import DataSource, Evaluation, FeatureOptions, Records, Rows, Task
from tasks.losses import smoothed_span_losses, span_losses
from tasks.observations import best_spans, observe_targets
from tasks.qa_evaluation import evaluate_answers
from tasks.qa_features import featurise_questions
from tasks.qa_rows import has_unanswerable, load_questions
from tasks.spans import decode, is_correct, window_of_gold

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

__all__ = ["QuestionAnswering"]


class QuestionAnswering(Task):
    """Rows have question, context and answers (``text`` and ``answer_start``, empty lists where unanswerable)."""

    name: ClassVar[str] = "qa"
    primary_metric: ClassVar[str] = "f1"
    auto_model: ClassVar[str] = "AutoModelForQuestionAnswering"
    default_max_length: ClassVar[int] = 384

    def load(self, source: DataSource) -> Rows:
        """Read one split and check it; :func:`tasks.qa_rows.load_questions` says what is recognised."""
        return load_questions(source)

    def model_config(self, rows: Rows) -> dict[str, Any]:
        """Return nothing: span heads always have two outputs."""
        return {}

    def featurise(
        self, rows: Rows, tokenizer: PreTrainedTokenizerBase, options: FeatureOptions, cache_dir: Path | None = None
    ) -> Dataset:
        """Return one feature a window; :func:`tasks.qa_features.featurise_questions` names the columns."""
        return featurise_questions(rows, tokenizer, options, cache_dir)

    @property
    def batch_columns(self) -> tuple[str, ...]:
        """Targets, and which tokens may be answered with."""
        return ("start_positions", "end_positions", "has_answer", "context_first", "context_last", "no_answer_allowed")

    def losses(self, outputs: Any, batch: Mapping[str, Tensor], smoothing: Tensor | None) -> Tensor:
        """Return the mean of start's and end's cross-entropy, (B,).

        Smoothing mass goes to the context's tokens, and to CLS where no answer is legal in this data set. Windows that
        do not hold the answer are never smoothed.
        """
        logits = (outputs.start_logits, outputs.end_logits)
        gold = (batch["start_positions"], batch["end_positions"])
        if smoothing is None:
            return span_losses(*logits, *gold)
        spread = _context(batch, logits[0].shape[1])
        spread[:, 0] |= batch["no_answer_allowed"]
        return smoothed_span_losses(logits, gold, spread, smoothing.masked_fill(~batch["has_answer"], 0.0))

    @torch.no_grad()
    def observe(self, outputs: Any, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what dynamics and decoding need, each (B,).

        log_p_start and log_p_end of the gold tokens; margin, el2n (means over start and end) and loss; best_start,
        best_end, best_score and best_log_p of the best span; null_score, the sum of CLS's logits. Padding gets no
        probability here, so the values do not depend on which other features shared the batch.
        """
        start, end = outputs.start_logits.float(), outputs.end_logits.float()
        # Start and end together: half as many operations, which counts where the model is small.
        both = torch.cat([start, end])
        gold = torch.cat([batch["start_positions"], batch["end_positions"]])
        seen = observe_targets(both, gold, batch["attention_mask"].bool().repeat(2, 1))
        normaliser = both.gather(1, gold.unsqueeze(1)).squeeze(1) - seen["log_p"]
        pairs = {name: values.view(2, -1) for name, values in seen.items()}
        best = best_spans(start, end, _context(batch, start.shape[1]))
        return {
            "log_p_start": pairs["log_p"][0],
            "log_p_end": pairs["log_p"][1],
            "margin": pairs["margin"].mean(dim=0),
            "el2n": pairs["el2n"].mean(dim=0),
            "loss": -pairs["log_p"].mean(dim=0),
            **best,
            "best_log_p": best["best_score"] - normaliser.view(2, -1).sum(dim=0),
            "null_score": start[:, 0] + end[:, 0],
        }

    def examples(self, records: Records, features: Dataset, rows: Rows) -> dict[str, NDArray[Any]]:
        """Return one value an example from the window that speaks for its gold answer, each (num_examples,).

        ``gold_prob`` is p_start * p_end of that window. ``correct`` means that the text decoded from all windows is an
        exact match with one of the golds. All are float; NaN where no such window was observed.
        """
        window = window_of_gold(records, features, len(rows))
        joint = np.exp(records["log_p_start"].astype(np.float64) + records["log_p_end"])
        values = {"gold_prob": joint, **{name: records[name] for name in ("margin", "el2n", "loss")}}
        chosen = {name: np.where(window >= 0, column[window], np.nan) for name, column in values.items()}
        correct = is_correct(decode(records, features, rows, has_unanswerable(rows)), rows)
        return {**chosen, "correct": correct & (window >= 0)}

    def evaluate(self, records: Records, features: Dataset, rows: Rows) -> Evaluation:
        """Score the decoded answers; :func:`tasks.qa_evaluation.evaluate_answers` has the details."""
        return evaluate_answers(records, features, rows)

    def texts(self, rows: Rows, indices: Sequence[int]) -> list[str]:
        """Return question, context and first gold answer of each example."""
        return [
            f"Question: {row['question']}\nContext: {row['context']}\n"
            f"Answer: {row['answers']['text'][0] if row['answers']['text'] else '(none)'}"
            for row in (rows.table[int(index)] for index in indices)
        ]


def _context(batch: Mapping[str, Tensor], length: int) -> Tensor:
    """Return (B, L) bool: which tokens belong to the context."""
    position = torch.arange(length, device=batch["context_first"].device)
    return (position >= batch["context_first"].unsqueeze(1)) & (position <= batch["context_last"].unsqueeze(1))
