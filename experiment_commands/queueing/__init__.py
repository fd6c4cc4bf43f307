"""``queue``: what is to be done, in which order, and by whom."""
