"""What may be a tag: one short line."""

from __future__ import annotations

from errors import ConfigError

__all__ = ["checked_tag"]

_LONGEST_TAG = 255


def checked_tag(tag: str) -> str:
    """Return a tag without blanks around it.

    Raises:
        ConfigError: it is empty, too long or of several lines.
    """
    tag = tag.strip()
    if not tag or len(tag) > _LONGEST_TAG or not tag.isprintable():
        raise ConfigError(f"{tag[:40]!r} is no tag: expected one line of 1 to {_LONGEST_TAG} characters")
    return tag
