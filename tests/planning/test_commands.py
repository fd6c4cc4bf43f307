"""The commands that a plan names make what the plan would make."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import cluster_analysis
import extract_embeddings
from experiment_config import CartographyFilterConfig, ClusterFilterConfig, ExperimentConfig
from planning import Node, PlanOptions, make_plan
from planning.commands import how_to_make
from planning.keys import data_map_key
from run import _given_flags
from run_flags import request_from_flags
from tests.planning.folders import map_table

_EXPERIMENTS = {
    "plain": {},
    "limits": {"training": {"max_train_samples": 200, "max_length": 48, "doc_stride": 16, "learning_rate": 1e-3}},
    "arguments": {"training": {"arguments": {"bf16": True, "use_cpu": True}, "gradient_accumulation_steps": 2}},
    "warmup": {"training": {"warmup_ratio": 0.2, "weight_decay": 0.1, "group_by_length": False}},
    "columns": {"task": "classification", "dataset": "my data.tsv", "columns": {"text": "0", "label": "1"}},
    "map": {"data_map": {"burn_in": 1, "source": "eval"}, "ablation": "q_only", "model": "some/folder"},
}


def _commands(message: str) -> list[list[str]]:
    command = message.partition("Make them with: ")[2].rpartition("; or leave out")[0]
    return [shlex.split(part) for part in command.split(" && ")]


def _missing(folder: Path, *strategies: object, **fields: object) -> Node:
    config = ExperimentConfig(name="x", strategies=strategies, **fields)  # type: ignore[arg-type]
    return next(node for node in make_plan([config], PlanOptions(folder)).nodes if node.kind != "experiment")


@pytest.mark.parametrize("fields", _EXPERIMENTS.values(), ids=_EXPERIMENTS)
def test_the_command_of_a_data_map_makes_the_map_that_was_planned(fields: dict[str, object], tmp_path: Path) -> None:
    node = _missing(tmp_path / "with space", CartographyFilterConfig(), **fields)
    (words,) = _commands(how_to_make(node))
    assert words[:2] == ["python", "run.py"]
    request = request_from_flags(_given_flags(words[2:]))
    assert data_map_key(request.config) == node.key
    assert request.record_to == node.folder


def test_the_commands_of_a_clustering_are_understood(tmp_path: Path) -> None:
    training = {"max_train_samples": 200}
    node = _missing(tmp_path / "c", ClusterFilterConfig(), training=training, clustering={"min_samples": 3})
    embed, cluster = _commands(how_to_make(node))
    embedding = extract_embeddings._parser().parse_args(embed[2:])
    assert (embedding.max_train_samples, embedding.output_dir) == (200, str(node.folder))
    clustering = cluster_analysis._parser().parse_args(cluster[2:])
    assert (clustering.min_samples, clustering.folder) == (3, str(node.folder))


def test_an_average_names_its_parts(tmp_path: Path) -> None:
    config = ExperimentConfig(name="x", strategies=(CartographyFilterConfig(),), data_map={"seeds": (1, 2)})  # type: ignore[arg-type]
    nodes = make_plan([config], PlanOptions(tmp_path)).nodes
    map_table(nodes[0].folder, 10)
    average = next(node for node in make_plan([config], PlanOptions(tmp_path)).nodes if node.kind == "average")
    (words,) = _commands(how_to_make(average))
    assert words[3:] == ["average", str(average.folder), *(str(node.folder) for node in (nodes[1], nodes[0]))]
