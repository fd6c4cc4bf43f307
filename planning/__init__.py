"""The plan of a list of experiments: what each needs, what exists, what is left, what it will cost.

Nothing here loads a model or a data set, so a plan is printed at once.
"""

from __future__ import annotations

from planning.graph import PlanOptions, make_plan
from planning.nodes import Node, Plan, State

__all__ = ["Node", "Plan", "PlanOptions", "State", "make_plan"]
