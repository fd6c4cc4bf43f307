"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this change."""
    op.create_table(
        "environment",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_environment")),
        sa.UniqueConstraint("digest", name=op.f("uq_environment_digest")),
        comment="What runs ran on, or the state of the code; one row however many runs share it.",
    )
    op.create_table(
        "metric_names",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_metric_names")),
        sa.UniqueConstraint("name", name=op.f("uq_metric_names_name")),
    )
    op.create_table(
        "experiments",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=False),
        sa.Column("variant", sa.String(length=255), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("group_key", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("num_runs", sa.Integer(), nullable=False),
        sa.Column("gpus", sa.Integer(), nullable=False),
        sa.Column(
            "folder",
            sa.Text(),
            nullable=False,
            comment="relative where it lies below that of an SQLite file",
        ),
        sa.Column(
            "folder_host",
            sa.String(length=255),
            nullable=False,
            comment="whose disk it is on; empty where it is relative",
        ),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("primary_metric", sa.String(length=255), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("environment_key", sa.Integer(), nullable=True),
        sa.Column("code_key", sa.Integer(), nullable=True),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("metrics_offset", sa.BigInteger(), nullable=False),
        sa.Column("metrics_lines", sa.BigInteger(), nullable=False),
        sa.Column("metrics_tail", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["code_key"], ["environment.key"], name=op.f("fk_experiments_code_key")),
        sa.ForeignKeyConstraint(["environment_key"], ["environment.key"], name=op.f("fk_experiments_environment_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_experiments")),
        sa.UniqueConstraint("id", name=op.f("uq_experiments_id")),
    )
    op.create_index(op.f("ix_experiments_created_at_key"), "experiments", ["created_at", "key"], unique=False)
    op.create_index(op.f("ix_experiments_folder_folder_host"), "experiments", ["folder", "folder_host"], unique=True)
    op.create_index(op.f("ix_experiments_group_key"), "experiments", ["group_key"], unique=False)
    op.create_index(op.f("ix_experiments_name"), "experiments", ["name"], unique=False)
    op.create_index(op.f("ix_experiments_status"), "experiments", ["status"], unique=False)
    op.create_table(
        "artifacts",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False, comment="relative to the folder where it lies in it"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="checkpoint, model or file"),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_artifacts_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_key", "path", name=op.f("pk_artifacts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evaluations",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("benchmark", sa.String(length=255), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("num_samples", sa.Integer(), nullable=False),
        sa.Column(
            "samples_file",
            sa.Text(),
            nullable=True,
            comment="in the folder; its rows are not in per_sample_results where `indexed` is false",
        ),
        sa.Column("indexed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_evaluations_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evaluations")),
        comment="The newest result of each benchmark.",
    )
    op.create_index(
        op.f("ix_evaluations_experiment_key_benchmark"), "evaluations", ["experiment_key", "benchmark"], unique=True
    )
    op.create_table(
        "events",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="line of journal.jsonl, from 0"),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_events_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_key", "position", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "final_metrics",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "value",
            sa.Double(),
            nullable=True,
            comment="at the highest step, the last written there; NULL: not finite",
        ),
        sa.Column("minimum", sa.Double(), nullable=True, comment="of finite values; NULL: none was"),
        sa.Column("maximum", sa.Double(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column(
            "is_result", sa.Boolean(), nullable=False, comment="declared at the end, not the last point of a series"
        ),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_final_metrics_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_key", "name", name=op.f("pk_final_metrics")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_final_metrics_name_value"), "final_metrics", ["name", "value"], unique=False)
    op.create_table(
        "metrics",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="line of metrics.jsonl, from 0"),
        sa.Column("name_key", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True, comment="NULL: not finite"),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_metrics_experiment_key"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["name_key"], ["metric_names.key"], name=op.f("fk_metrics_name_key")),
        sa.PrimaryKeyConstraint("experiment_key", "position", name=op.f("pk_metrics")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_metrics_experiment_key_name_key_step"), "metrics", ["experiment_key", "name_key", "step"], unique=False
    )
    op.create_table(
        "params",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="bool, int, float, str, null or list"),
        sa.Column("number", sa.Double(), nullable=True, comment="value of bool, int and float"),
        sa.Column("text", sa.Text(), nullable=False, comment="a string as it is, anything else as JSON"),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_params_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_key", "name", name=op.f("pk_params")),
        comment="The configuration, flattened to dotted names.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_params_name_number"), "params", ["name", "number"], unique=False)
    op.create_table(
        "runs",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("heartbeat_at", sa.Double(), nullable=True),
        sa.Column("heartbeat_interval", sa.Double(), nullable=True),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process_started", sa.Double(), nullable=True),
        sa.Column("slurm_job_id", sa.String(length=64), nullable=True),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("error_type", sa.String(length=255), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("traceback", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_runs_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_key", "attempt", name=op.f("pk_runs")),
        comment="Attempts at an experiment, from 1.",
    )
    op.create_index(op.f("ix_runs_status"), "runs", ["status"], unique=False)
    op.create_table(
        "tags",
        sa.Column("experiment_key", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name=op.f("fk_tags_experiment_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_key", "tag", name=op.f("pk_tags")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tags_tag"), "tags", ["tag"], unique=False)
    op.create_table(
        "evaluation_metrics",
        sa.Column("evaluation_key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_key"],
            ["evaluations.key"],
            name=op.f("fk_evaluation_metrics_evaluation_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_key", "name", name=op.f("pk_evaluation_metrics")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_evaluation_metrics_name_value"), "evaluation_metrics", ["name", "value"], unique=False)
    op.create_table(
        "per_sample_results",
        sa.Column("evaluation_key", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.String(length=255), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_key"],
            ["evaluations.key"],
            name=op.f("fk_per_sample_results_evaluation_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_key", "position", name=op.f("pk_per_sample_results")),
        sqlite_with_rowid=False,
    )
