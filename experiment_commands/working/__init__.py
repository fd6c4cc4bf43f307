"""``work``: take what is queued and do it."""
