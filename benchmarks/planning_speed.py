"""Time to plan 10,000 experiments: on an empty folder, and where all of them are finished.

Either may take 5 seconds. The suite ``sample`` is listed over as many seeds as that takes, with one data map; its
folders hold what a run leaves of itself for the planner: configuration, results, and an environment of 250 packages.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from experiment_config import ExperimentConfig
from experiment_runner import plan_experiments
from planning import Plan
from planning.status import mark
from suites import SuiteOptions, create_suite
from tests.planning.folders import map_table, start_experiment

LIMIT_S = 5.0


def list_experiments(count: int) -> list[ExperimentConfig]:
    """Return about ``count`` experiments, whole seeds of the suite."""
    variants = len(create_suite("sample", SuiteOptions(seeds=(0,))))
    return create_suite("sample", SuiteOptions(seeds=tuple(range(-(-count // variants)))))


def finish(plan: Plan) -> None:
    """Write the folders of a plan as if all of it were done."""
    packages = {f"package-{number}": "1.2.3+cpu" for number in range(250)}
    for node in plan.nodes:
        node.folder.mkdir(parents=True, exist_ok=True)
        if node.kind == "experiment":
            start_experiment(node)
            environment = json.loads((node.folder / "environment.json").read_text())
            (node.folder / "environment.json").write_text(json.dumps({**environment, "packages": packages}))
            metrics = {f"eval_metric_{number}": number / 7 for number in range(20)}
            results = {"success": True, "key": node.key, "metrics": metrics, "train_steps": 100}
            (node.folder / "results.json").write_text(json.dumps(results))
        elif node.kind == "clusters":
            (node.folder / "cluster_assignments.csv").write_text("id,cluster,probability\n")
            mark(node, finished=True, files=[])
        else:
            map_table(node.folder, 100)
            mark(node, finished=True, files=[])


def time_of(experiments: list[ExperimentConfig], folder: Path) -> tuple[Plan, float, float]:
    """Plan, and return the plan with its seconds of wall time and of processor time."""
    begin, processor = time.perf_counter(), time.process_time()
    plan = plan_experiments(experiments, folder)
    return plan, time.perf_counter() - begin, time.process_time() - processor


def main() -> int:
    """Print the table; exit status 1 if the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=10_000)
    experiments = list_experiments(parser.parse_args().experiments)
    slowest = 0.0
    print("| folder | experiments | left to make | seconds | processor seconds |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "experiments"
        for name in ("empty", "all finished"):
            plan, wall, processor = time_of(experiments, folder)
            slowest = max(slowest, wall)
            left = len(plan.unfinished)
            print(f"| {name} | {len(plan.experiments):,} | {left:,} | {wall:.2f} | {processor:.2f} |", flush=True)
            if name == "empty":
                finish(plan)
            elif left:
                raise SystemExit(f"{left} nodes are not found finished")
    print(f"limit: {LIMIT_S:g} s")
    return 0 if slowest <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
