"""Text on a terminal: it obeys none of it, and a table fits its width."""
