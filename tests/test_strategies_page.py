"""docs/strategies.md speaks of every strategy and parameter, and its code runs."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from experiment_config import ExperimentConfig
from strategies import STRATEGIES
from strategies.contract import example_signals


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "strategies.md").read_text(encoding="utf-8")


def _built_in() -> list[str]:
    return [name for name in STRATEGIES if STRATEGIES.get(name).__module__.startswith("strategies.")]


def _shown(default: object) -> str:
    return json.dumps(default) if isinstance(default, str) else repr(default).replace("'", '"')


@pytest.mark.parametrize("name", _built_in())
def test_every_strategy_and_parameter_has_its_place(page: str, name: str) -> None:
    assert f"| [`{name}`](#{name}) |" in page, "missing from the table at the top"
    section = re.search(rf"^## {name}\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    assert section, "has no section"
    for field in dataclasses.fields(STRATEGIES.get(name).config_class):
        default = getattr(field.default, "default", field.default)
        required = "Undefined" in repr(default) or default is dataclasses.MISSING
        shown = "required" if required else _shown(default)
        assert f"| `{field.name}` | {shown} |" in section[1]


def test_code_blocks_run(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module = ModuleType("strategies_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks:
        exec(compile(block, "docs/strategies.md", "exec"), module.__dict__)
    strategy = module.WithoutNeverLearned(module.NeverLearnedConfig())
    plan = strategy.plan(example_signals(), np.random.default_rng(0))
    assert 0 < plan.report["dropped"]["never_learned"] == plan.report["rows_dropped"]


def test_the_json_block_is_a_config(page: str) -> None:
    block = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert block
    config = ExperimentConfig.from_mapping(json.loads(block[1]))
    assert config.strategy_name == "cartography_filter+soft_weighting"
