"""Secrets are hidden, and what only looks a little like one is not."""

from __future__ import annotations

import pytest

from tracking.recording.plain import plain_config
from tracking.recording.secret_values import masked

# Put together here, so that nobody who scans files for tokens takes it for one.
HUB_TOKEN = "hf_" + "aB3" * 12


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--token", "abc", "--lr", "1"], ["--token", "***", "--lr", "1"]),
        (["--hub_token=abc"], ["--hub_token=***"]),
        (["password=abc"], ["password=***"]),
        (["--api-key", "abc"], ["--api-key", "***"]),
        (["--db", "postgresql+psycopg://app:hunter2@host/db"], ["--db", "postgresql+psycopg://app:***@host/db"]),
        (["--db", "postgresql://app@host/db?sslmode=x&password=hunter2&a=b"],
         ["--db", "postgresql://app@host/db?sslmode=x&password=***&a=b"]),
        (["--login", HUB_TOKEN], ["--login", "***"]),
        (["--max_tokens", "512", "--pad_token_id=0"], ["--max_tokens", "512", "--pad_token_id=0"]),
        (["--token", "--verbose"], ["--token", "--verbose"]),
        (["--secret"], ["--secret"]),
    ],
)  # fmt: skip
def test_secrets_in_a_command_line_are_hidden_and_nothing_else(arguments: list[str], shown: list[str]) -> None:
    assert masked(arguments) == shown


def test_secrets_in_a_configuration_are_known_by_their_names() -> None:
    secret = {"password": "x", "db": {"api_key": "y", "secrets": {"aws": ["z"]}}, "token": "t", "auth_token": "u"}
    harmless = {"eos_token": "</s>", "token": True, "password": None, "max_tokens": 3, "key": "k", "secretary": "Ann"}
    assert plain_config(secret) == {
        "password": "***",
        "db": {"api_key": "***", "secrets": {"aws": ["***"]}},
        "token": "***",
        "auth_token": "***",
    }
    assert plain_config(harmless) == harmless


def test_secrets_in_a_configuration_are_known_by_their_form() -> None:
    config = {
        "hub_token": HUB_TOKEN,
        "pad_token": "<pad>",
        "output": "runs/hf_bert_base_uncased_squad/sk-learn-pipeline-for-baselines",
        "stores": ["postgresql://app:hunter2@host/db", "s3://bucket/path"],
    }
    assert plain_config(config) == {
        "hub_token": "***",
        "pad_token": "<pad>",
        "output": "runs/hf_bert_base_uncased_squad/sk-learn-pipeline-for-baselines",
        "stores": ["postgresql://app:***@host/db", "s3://bucket/path"],
    }
