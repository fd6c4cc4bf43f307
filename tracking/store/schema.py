"""The tables of the store: an index over experiment folders, and the queue. Times are seconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from tracking.store.metadata import METADATA
from tracking.store.places import FolderText, HostText
from tracking.store.queue_tables import queue_attempts, queue_jobs, queue_needs

__all__ = [
    "HEAD",
    "METADATA",
    "artifacts",
    "environment",
    "evaluation_metrics",
    "evaluations",
    "events",
    "experiments",
    "final_metrics",
    "metric_names",
    "metrics",
    "params",
    "per_sample_results",
    "queue_attempts",
    "queue_jobs",
    "queue_needs",
    "runs",
    "tags",
]

HEAD = "0002"
"""Revision that the code expects: the newest file of ``migrations/versions``."""


def _experiment() -> Column[int]:
    return Column("experiment_key", ForeignKey("experiments.key", ondelete="CASCADE"), primary_key=True)


environment = Table(
    "environment",
    METADATA,
    Column("key", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("content", JSON, nullable=False),
    comment="What runs ran on, or the state of the code; one row however many runs share it.",
)

experiments = Table(
    "experiments",
    METADATA,
    Column("key", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("name", String(255), nullable=False, index=True),
    Column("status", String(16), nullable=False, index=True),
    Column("status_reason", Text, nullable=False, default=""),
    Column("variant", String(255), nullable=False, default=""),
    Column("seed", BigInteger),
    Column("group_key", String(12), nullable=False, index=True),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("duration_seconds", Double),
    Column("num_runs", Integer, nullable=False, default=0),
    Column("gpus", Integer, nullable=False, default=0),
    Column("folder", FolderText, nullable=False, comment="relative where it lies below that of an SQLite file"),
    Column("folder_host", HostText(255), nullable=False, comment="whose disk it is on; empty where it is relative"),
    Column("host", String(255), nullable=False, default=""),
    Column("user", String(255), nullable=False, default=""),
    Column("notes", Text, nullable=False, default=""),
    Column("primary_metric", String(255)),
    Column("error", Text),
    Column("config", JSON, nullable=False),
    Column("environment_key", ForeignKey("environment.key")),
    Column("code_key", ForeignKey("environment.key")),
    Column("disk_bytes", BigInteger),
    # How far the folder's files are taken in.
    Column("fingerprint", String(64), nullable=False, default=""),
    Column("metrics_offset", BigInteger, nullable=False, default=0),
    Column("metrics_lines", BigInteger, nullable=False, default=0),
    Column("metrics_tail", String(64), nullable=False, default=""),
    Index(None, "created_at", "key"),
    Index(None, "folder", "folder_host", unique=True),
)

runs = Table(
    "runs",
    METADATA,
    _experiment(),
    Column("attempt", Integer, primary_key=True),
    Column("status", String(16), nullable=False, index=True),
    Column("status_reason", Text, nullable=False, default=""),
    Column("started_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("heartbeat_at", Double),
    Column("heartbeat_interval", Double),
    Column("host", String(255), nullable=False, default=""),
    Column("boot_id", String(64), nullable=False, default=""),
    Column("pid", Integer),
    Column("process_started", Double),
    Column("slurm_job_id", String(64)),
    Column("user", String(255), nullable=False, default=""),
    Column("command", Text, nullable=False, default=""),
    Column("error_type", String(255)),
    Column("error_message", Text),
    Column("traceback", Text),
    comment="Attempts at an experiment, from 1.",
)

params = Table(
    "params",
    METADATA,
    _experiment(),
    Column("name", String(255), primary_key=True),
    Column("kind", String(8), nullable=False, comment="bool, int, float, str, null or list"),
    Column("number", Double, comment="value of bool, int and float"),
    Column("text", Text, nullable=False, comment="a string as it is, anything else as JSON"),
    Index(None, "name", "number"),
    sqlite_with_rowid=False,
    comment="The configuration, flattened to dotted names.",
)

metric_names = Table(
    "metric_names",
    METADATA,
    Column("key", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
)

metrics = Table(
    "metrics",
    METADATA,
    _experiment(),
    Column("position", BigInteger, primary_key=True, comment="line of metrics.jsonl, from 0"),
    Column("name_key", ForeignKey("metric_names.key"), nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("time", Double, nullable=False),
    Column("value", Double, comment="NULL: not finite"),
    Index(None, "experiment_key", "name_key", "step"),
    sqlite_with_rowid=False,
)

final_metrics = Table(
    "final_metrics",
    METADATA,
    _experiment(),
    Column("name", String(255), primary_key=True),
    Column("value", Double, comment="at the highest step, the last written there; NULL: not finite"),
    Column("minimum", Double, comment="of finite values; NULL: none was"),
    Column("maximum", Double),
    Column("step", BigInteger),
    Column("is_result", Boolean, nullable=False, comment="declared at the end, not the last point of a series"),
    Index(None, "name", "value"),
    sqlite_with_rowid=False,
)

tags = Table(
    "tags",
    METADATA,
    _experiment(),
    Column("tag", String(255), primary_key=True),
    Index(None, "tag"),
    sqlite_with_rowid=False,
)

evaluations = Table(
    "evaluations",
    METADATA,
    Column("key", Integer, primary_key=True),
    Column("experiment_key", ForeignKey("experiments.key", ondelete="CASCADE"), nullable=False),
    Column("benchmark", String(255), nullable=False),
    Column("time", Double, nullable=False),
    Column("num_samples", Integer, nullable=False, default=0),
    Column(
        "samples_file", Text, comment="in the folder; its rows are not in per_sample_results where `indexed` is false"
    ),
    Column("indexed", Boolean, nullable=False),
    Index(None, "experiment_key", "benchmark", unique=True),
    comment="The newest result of each benchmark.",
)

evaluation_metrics = Table(
    "evaluation_metrics",
    METADATA,
    Column("evaluation_key", ForeignKey("evaluations.key", ondelete="CASCADE"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("value", Double, nullable=False),
    Index(None, "name", "value"),
    sqlite_with_rowid=False,
)

per_sample_results = Table(
    "per_sample_results",
    METADATA,
    Column("evaluation_key", ForeignKey("evaluations.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sample_id", String(255), nullable=False),
    Column("score", Double),
    Column("content", JSON, nullable=False),
    sqlite_with_rowid=False,
)

artifacts = Table(
    "artifacts",
    METADATA,
    _experiment(),
    Column("path", String(1024), primary_key=True, comment="relative to the folder where it lies in it"),
    Column("kind", String(32), nullable=False, comment="checkpoint, model or file"),
    Column("step", BigInteger),
    Column("size_bytes", BigInteger),
    Column("time", Double, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    METADATA,
    _experiment(),
    Column("position", Integer, primary_key=True, comment="line of journal.jsonl, from 0"),
    Column("time", Double, nullable=False),
    Column("event", String(32), nullable=False),
    Column("content", JSON, nullable=False),
    sqlite_with_rowid=False,
)
