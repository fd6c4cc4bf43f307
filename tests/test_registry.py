"""Names to objects: built-ins, plugins through entry points, and errors that help."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import ConfigError
from registry import Registry, nearest


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A throwaway installed package that registers three animals, one of them broken, one a built-in's name."""
    (tmp_path / "zoo_plugin.py").write_text("ZEBRA = 'zebra from a plugin'\nDOG = 'not our dog'\n")
    metadata = tmp_path / "zoo_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[assay.animals]\nzebra = zoo_plugin:ZEBRA\ndog = zoo_plugin:DOG\nunicorn = zoo_missing:UNICORN\n"
        "griffin = zoo_plugin:GRIFFIN\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def animals() -> Registry[str]:
    registry: Registry[str] = Registry("animals")
    registry.register("dog", "os:sep")
    registry.register("cat", "os:linesep")
    return registry


def test_targets_are_imported_at_first_use() -> None:
    registry: Registry[str] = Registry("animals")
    registry.register("ghost", "no_such_module:GHOST")
    assert registry.names() == ["ghost"]
    with pytest.raises(ConfigError, match=r"'ghost' is registered as 'no_such_module:GHOST', which cannot be imported"):
        registry.get("ghost")


def test_objects_may_be_registered_directly() -> None:
    registry: Registry[int] = Registry("numbers")
    registry.register("one", 1)
    assert registry.get("one") == 1
    assert list(registry) == ["one"]


def test_duplicates_are_refused() -> None:
    with pytest.raises(ConfigError, match="animals: 'dog' is registered twice"):
        animals().register("dog", "os:sep")


def test_unknown_names_list_the_known_and_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown name 'dgo' in animals; did you mean 'dog'\? \(known: cat, dog\)"):
        animals().get("dgo")
    with pytest.raises(ConfigError, match=r"unknown name 'elephant' in animals \(known: cat, dog\)"):
        animals().get("elephant")


def test_plugins_are_found(plugin: Path) -> None:
    registry = animals()
    assert registry.names() == ["cat", "dog", "griffin", "unicorn", "zebra"]
    assert registry.get("zebra") == "zebra from a plugin"
    assert "zebra" in animals()


def test_a_plugin_cannot_take_a_built_in_name(plugin: Path) -> None:
    registry = animals()
    registry.names()
    assert registry.get("dog") == "/"


@pytest.mark.parametrize("name", ["unicorn", "griffin"])
def test_a_broken_plugin_harms_nobody_who_does_not_use_it(plugin: Path, name: str) -> None:
    registry = animals()
    assert registry.get("zebra")
    with pytest.raises(ConfigError, match=rf"'{name}' .* cannot be imported .*repair or uninstall"):
        registry.get(name)


def test_nearest_is_silent_where_nothing_is_near() -> None:
    assert nearest("abc", ["xyz"]) == ""
    assert nearest("top_fracton", ["top_fraction", "seed"]) == "; did you mean 'top_fraction'?"
