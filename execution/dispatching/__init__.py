"""Between a queue and an executor: jobs are claimed, submitted, watched, and settled."""
