"""The tables of the queue: what is to be done, what it needs, and who tried."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from tracking.store.metadata import METADATA

__all__ = ["queue_attempts", "queue_jobs", "queue_needs"]

queue_jobs = Table(
    "queue_jobs",
    METADATA,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("id", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("group_name", Text, nullable=False, index=True),
    Column("state", String(16), nullable=False, comment="queued, held, running, completed, failed or cancelled"),
    Column("reason", Text, nullable=False, default="", comment="why it is held, failed, cancelled, or tried again"),
    Column("refusal", Text, nullable=False, default="", comment="why a worker that looked at it can never run it"),
    Column("open_needs", Integer, nullable=False, default=0, comment="needs that have not ended"),
    Column("rank", Double, nullable=False, comment="the lower the sooner"),
    Column("overtaken", Integer, nullable=False, default=0, comment="how many began before it that stood behind it"),
    Column("priority", Integer, nullable=False),
    Column("seconds", Double, comment="that it is expected to take"),
    Column("code", Text, nullable=False, default=""),
    Column("queued_at", Double, nullable=False),
    Column("not_before", Double, nullable=False, default=0.0),
    Column("delay_seconds", Double, nullable=False, default=0.0, comment="not_before was set to so long after then"),
    Column("round", Integer, nullable=False, default=1, comment="how often it was added"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("uncounted", Integer, nullable=False, default=0, comment="how often in a row it ended in vain, uncounted"),
    Column("uncounted_kind", String(16), nullable=False, default="", comment="in which way"),
    Column("reached", Double, nullable=False, default=0.0, comment="how far it came before it was ended from outside"),
    # Of the attempt that runs.
    Column("token", String(32), nullable=False, default=""),
    Column("worker", Text, nullable=False, default=""),
    Column("host", Text, nullable=False, default=""),
    Column("boot_id", Text, nullable=False, default=""),
    Column("pid", Integer),
    Column("process_started", Double),
    Column("lease_seconds", Double),
    Column("beats", Integer, nullable=False, default=0),
    Column("heartbeat_at", Double),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("finished_at", Double),
    # Last, as they are long: who looks for the next job passes over them.
    Column("progress", Text, nullable=False),
    Column("adjustments", Text, nullable=False),
    Column("job", Text, nullable=False, comment="as it was added"),
    Index(None, "state", "open_needs", "rank"),
)

queue_needs = Table(
    "queue_needs",
    METADATA,
    Column("job_key", ForeignKey("queue_jobs.key", ondelete="CASCADE"), primary_key=True),
    Column("need_key", ForeignKey("queue_jobs.key", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

queue_attempts = Table(
    "queue_attempts",
    METADATA,
    Column("token", String(32), primary_key=True),
    Column("job_key", ForeignKey("queue_jobs.key", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("started_at", Double, nullable=False, index=True),
    Column("finished_at", Double),
    Column("seconds", Double, comment="at work"),
    Column("cost", Double, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("kind", String(16), nullable=False, default="", comment="of its failure; empty while there is none"),
    Column("message", Text, nullable=False, default=""),
    Column("counts", Boolean, nullable=False, default=False),
    Column("taken_back", Boolean, nullable=False, default=False, comment="its lease ended before it did"),
    # What followed, for whoever settles twice.
    Column("then_state", String(16), nullable=False, default=""),
    Column("then_reason", Text, nullable=False, default=""),
    Column("then_delay", Double, nullable=False, default=0.0),
    Index(None, "job_key", "number"),
    comment="Times that jobs were handed out.",
)
