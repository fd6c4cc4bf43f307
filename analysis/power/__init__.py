"""How likely a difference is to be seen, and what it takes."""
