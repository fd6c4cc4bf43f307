"""The durable queue of jobs in the store: what is to be done, who does it, and how it ended."""
