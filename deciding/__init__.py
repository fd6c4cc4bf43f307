"""Run a suite seed by seed, and go on only with what the seeds so far leave undecided."""

from deciding.options import DecidingOptions
from deciding.rounds import Decisions, plan_until_decided, run_until_decided

__all__ = ["Decisions", "DecidingOptions", "plan_until_decided", "run_until_decided"]
