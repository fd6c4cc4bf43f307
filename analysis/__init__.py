"""Statistics as pure functions on arrays of scores: no folders, no database, no drawing, no hidden chance."""
