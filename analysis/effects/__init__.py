"""Effect sizes, and how sure they are."""
