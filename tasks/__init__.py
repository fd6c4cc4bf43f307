"""Tasks: load data, make features, losses per feature, metrics. Heavy imports happen when a task is used."""

from __future__ import annotations

from registry import Registry
from tasks.base import Task

__all__ = ["TASKS", "Task", "create_task", "usual_task"]

TASKS: Registry[type[Task]] = Registry("tasks")
TASKS.register("qa", "tasks.qa:QuestionAnswering")
TASKS.register("nli", "tasks.classification:NaturalLanguageInference")
TASKS.register("classification", "tasks.classification:Classification")


def create_task(name: str) -> Task:
    """Return the task called ``name``; unknown names raise ConfigError listing the known ones."""
    return TASKS.get(name)()


def usual_task(dataset: str) -> str:
    """Return the task that a data set is for where nobody says: the embedded one's own, else ``qa``."""
    return {"demo-nli": "nli"}.get(dataset, "qa")
