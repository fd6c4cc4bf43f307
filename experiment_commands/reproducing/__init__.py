"""What ``reproduce`` knows: how a run was recorded, what changed since, and whether the metrics come out the same."""
