"""Passwords and tokens that find their way into command lines and configurations, and are to go no further."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["HIDDEN", "masked", "names_secret", "without_secrets"]

HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"(^|[-_.])(token|password|passwd|pwd|secret|credentials?|(api|access|secret|private|auth)[-_]?key)$",
    re.IGNORECASE,
)
_SECRET_KEY = re.compile(
    r"(^|[-_.])(password|passwd|pwd|secret|credential)s?$|(^|[-_.])(api|access|secret|private|auth)[-_]?keys?$"
    r"|^token$|(^|[-_.])(access|api|auth|bearer|bot|refresh|hub|hf|github|gitlab|slack|wandb)[-_]?token$",
    re.IGNORECASE,
)
"""Stricter than for a command line's flags: a tokenizer's configuration is full of tokens that are none."""
_URL_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]+@", re.IGNORECASE)
_QUERY_SECRET = re.compile(
    r"([?&](?:[a-z]+[-_])*(?:ssl)?(?:password|passwd|pwd|token|secret|api[-_]?key)=)[^&#\s'\"]+", re.IGNORECASE
)
_KNOWN_SECRET = re.compile(
    r"\b(hf_[A-Za-z0-9]{30,}|sk-(proj-|ant-)?[A-Za-z0-9]{20,}[\w-]*|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_\w{50,}|glpat-[\w-]{20,}|xox[abp]-[\w-]{20,})"
)
"""Hugging Face, OpenAI and the like, GitHub, GitLab, Slack: so long and so mixed that no folder is called like it."""


def names_secret(key: str) -> bool:
    """Return whether a configuration's value of this name is likely a secret: ``api_key`` is, ``pad_token`` is not."""
    return _SECRET_KEY.search(key) is not None


def without_secrets(text: str) -> str:
    """Return ``text`` with passwords in URLs and tokens of well-known forms replaced by stars."""
    shown = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    return _KNOWN_SECRET.sub(HIDDEN, _QUERY_SECRET.sub(rf"\1{HIDDEN}", shown))


def masked(arguments: Sequence[str]) -> list[str]:
    """Return arguments with values of secret flags, passwords in URLs and well-known tokens replaced by stars."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        secret = bool(_SECRET_NAME.search(name.lstrip("-")))
        if hide_next and not argument.startswith("--"):
            shown.append(HIDDEN)
        elif secret and equals and value:
            shown.append(f"{name}={HIDDEN}")
        else:
            shown.append(without_secrets(argument))
        hide_next = secret and not equals and argument.startswith("-")
    return shown
