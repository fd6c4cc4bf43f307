"""How an experiment's folder comes to be: who it is, its configuration, what it runs on."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atomic_files import explain_os_error, write_json
from tracking.folders.folder import CONFIG, ENVIRONMENT, ExperimentFolder, new_id
from tracking.folders.parameters import flatten
from tracking.folders.tags import checked_tag
from tracking.recording.capture import describe_code, describe_machine
from tracking.recording.plain import plain, plain_config

__all__ = ["Opening", "words"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opening:
    """What is known of an experiment when it is planned or begins; see ``ExperimentTracker.start_experiment``."""

    config: Any
    name: str | None
    notes: str | None
    tags: Sequence[str | None] | None
    folder: str | Path | None
    variant: str | None

    def open(self, experiments_dir: Path) -> ExperimentFolder:
        """Return the experiment's folder, which says from now on who it is.

        Raises:
            ConfigError: the configuration is neither dataclass nor mapping, or a tag is none.
            ResourceError: the folder cannot be written.
        """
        # All that can be refused is looked at before anything is written.
        config, _ = plain_config(self.config), words(self.tags)
        moment = time.time()
        if self.folder is not None:
            experiment_id, place = new_id(moment), ExperimentFolder(Path(self.folder).absolute())
        else:
            experiment_id, place = _new_folder(experiments_dir, moment)
        name = self.name or config.get("name") or config.get("experiment_name") or place.path.name
        place.identify(experiment_id, plain(str(name)), moment, **({"variant": self.variant} if self.variant else {}))
        if self._owns_files:
            write_json(place.path / CONFIG, config)
            _warn_of_doubles(config)
        return place

    def capture(self, place: ExperimentFolder) -> None:
        """Write down what the experiment runs on.

        Raises:
            ResourceError: the folder cannot be written.
        """
        if self._owns_files or not (place.path / ENVIRONMENT).exists():
            write_json(place.path / ENVIRONMENT, plain({"machine": describe_machine(), "git": describe_code()}))

    def describe(self, place: ExperimentFolder) -> None:
        """Add notes and tags.

        Raises:
            ResourceError: the folder cannot be written.
        """
        note, tags = str(self.notes or "").strip(), words(self.tags)
        if note:
            place.append("note", text=plain(note))
        if tags:
            place.append("tags", add=tags, remove=[])

    @property
    def _owns_files(self) -> bool:
        # Whoever brings a folder and no configuration, such as the runner, writes these files.
        return self.folder is None or self.config is not None


def words(tags: Sequence[str | None] | None) -> list[str]:
    """Return tags as plain words, each once; a single string is one tag, and what is empty or None is left out.

    Raises:
        ConfigError: one is too long or of several lines.
    """
    given = [tags] if isinstance(tags, str) else tags or ()
    texts = [plain(str(tag)) for tag in given if tag is not None]
    return list(dict.fromkeys(checked_tag(text) for text in texts if text.strip()))


def _warn_of_doubles(config: dict[str, Any]) -> None:
    counts = Counter(name for name, _ in flatten(config))
    doubles = sorted(name for name, count in counts.items() if count > 1)
    if doubles:
        logger.warning(
            "config: several values are called %s when names are joined by dots; config.json keeps all, "
            "the store's parameters the last",
            ", ".join(doubles[:3]),
        )


def _new_folder(experiments_dir: Path, moment: float) -> tuple[str, ExperimentFolder]:
    """Return a new id and its folder: making it settles who has the id, should two have drawn the same."""
    while True:
        experiment_id = new_id(moment)
        path = experiments_dir / experiment_id
        try:
            experiments_dir.mkdir(parents=True, exist_ok=True)
            path.mkdir()
        except FileExistsError as error:
            if path.is_dir():
                continue
            raise explain_os_error(error, experiments_dir) from error
        except OSError as error:
            raise explain_os_error(error, path) from error
        return experiment_id, ExperimentFolder(path)
