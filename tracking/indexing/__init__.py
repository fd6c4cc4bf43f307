"""From folders into the database: the same code for a live run, one that catches up, and a rebuild."""
