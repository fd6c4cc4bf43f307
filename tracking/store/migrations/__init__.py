"""Schema changes, in order; see `migrations/versions`."""
