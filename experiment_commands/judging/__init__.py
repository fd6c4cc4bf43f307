"""Parts of ``significance``: whom it compares, what they scored, what tests say of it, and how that is shown."""
