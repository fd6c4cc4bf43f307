"""The one custom Trainer, and a session that trains and evaluates one experiment with it."""
