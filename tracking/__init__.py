"""The experiment store: folders hold the truth, a database is the index over them."""
