"""The project's exceptions. Commands turn any of them into one line on stderr and exit status 2."""

from __future__ import annotations

__all__ = ["AssayError", "ConfigError", "DataError", "ResourceError", "SignalError"]


class AssayError(Exception):
    """Base of every error a user can mend. The message names the file, row or field, and the remedy."""


class ConfigError(AssayError, ValueError):
    """A configuration field is unknown, has the wrong type, or an impossible value."""


class DataError(AssayError, ValueError):
    """Input data is missing, truncated, inconsistent or empty."""


class SignalError(AssayError, ValueError):
    """A strategy's signal (data map, clustering) is missing, belongs to other data, or leaves nothing to train on."""


class ResourceError(AssayError, OSError):
    """The machine refuses: disk full, folder not writable, a hub that cannot be reached."""
