"""The queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this change."""
    op.create_table(
        "queue_jobs",
        sa.Column("key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="queued, held, running, completed, failed or cancelled",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it is held, failed, cancelled, or tried again"),
        sa.Column("refusal", sa.Text(), nullable=False, comment="why a worker that looked at it can never run it"),
        sa.Column("open_needs", sa.Integer(), nullable=False, comment="needs that have not ended"),
        sa.Column("rank", sa.Double(), nullable=False, comment="the lower the sooner"),
        sa.Column("overtaken", sa.Integer(), nullable=False, comment="how many began before it that stood behind it"),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), comment="that it is expected to take"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.Double(), nullable=False),
        sa.Column("not_before", sa.Double(), nullable=False),
        sa.Column("delay_seconds", sa.Double(), nullable=False, comment="not_before was set to so long after then"),
        sa.Column("round", sa.Integer(), nullable=False, comment="how often it was added"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("uncounted", sa.Integer(), nullable=False, comment="how often in a row it ended in vain, uncounted"),
        sa.Column("uncounted_kind", sa.String(length=16), nullable=False, comment="in which way"),
        sa.Column("reached", sa.Double(), nullable=False, comment="how far it came before it was ended from outside"),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process_started", sa.Double(), nullable=True),
        sa.Column("lease_seconds", sa.Double(), nullable=True),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("heartbeat_at", sa.Double(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("adjustments", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False, comment="as it was added"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_queue_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_queue_jobs_id")),
    )
    op.create_index(op.f("ix_queue_jobs_group_name"), "queue_jobs", ["group_name"], unique=False)
    op.create_index(
        op.f("ix_queue_jobs_state_open_needs_rank"), "queue_jobs", ["state", "open_needs", "rank"], unique=False
    )
    op.create_table(
        "queue_attempts",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("job_key", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True, comment="at work"),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="of its failure; empty while there is none"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("taken_back", sa.Boolean(), nullable=False, comment="its lease ended before it did"),
        sa.Column("then_state", sa.String(length=16), nullable=False),
        sa.Column("then_reason", sa.Text(), nullable=False),
        sa.Column("then_delay", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_key"], ["queue_jobs.key"], name=op.f("fk_queue_attempts_job_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_queue_attempts")),
        comment="Times that jobs were handed out.",
    )
    op.create_index(op.f("ix_queue_attempts_job_key_number"), "queue_attempts", ["job_key", "number"], unique=False)
    op.create_index(op.f("ix_queue_attempts_started_at"), "queue_attempts", ["started_at"], unique=False)
    op.create_table(
        "queue_needs",
        sa.Column("job_key", sa.Integer(), nullable=False),
        sa.Column("need_key", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_key"], ["queue_jobs.key"], name=op.f("fk_queue_needs_job_key"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["need_key"], ["queue_jobs.key"], name=op.f("fk_queue_needs_need_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_key", "need_key", name=op.f("pk_queue_needs")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_queue_needs_need_key"), "queue_needs", ["need_key"], unique=False)
