"""How an experiment's folder comes to be: who it is, its configuration, what it runs on."""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atomic_files import explain_os_error, write_json
from errors import ResourceError
from tracking.folders.folder import CONFIG, ENVIRONMENT, ExperimentFolder, new_id
from tracking.folders.parameters import flatten
from tracking.folders.tags import checked_tag
from tracking.folders.unsaved import private_folder
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

    def begin(self, experiments_dir: Path, event: str, **content: Any) -> ExperimentFolder:
        """Return the experiment's folder, which says from now on who it is and what has begun.

        A new experiment gets its folder below the temporary one where ``experiments_dir`` cannot be written.

        Args:
            experiments_dir: where an experiment without a folder gets one.
            event: what begins, for the journal.
            **content: more about it.

        Raises:
            ConfigError: the configuration is neither dataclass nor mapping, or a tag is none.
            ResourceError: the folder cannot be written.
        """
        # All that can be refused is looked at before anything is written.
        config, _ = plain_config(self.config), words(self.tags)
        if self.folder is not None:
            place = ExperimentFolder(Path(self.folder).absolute())
            self._write(place, new_id(), config, event, content)
            return place
        try:
            return self._begin_in(experiments_dir, config, event, content)
        except ResourceError as error:
            elsewhere = private_folder("experiments")
            place = self._begin_in(elsewhere, config, event, content)
            logger.warning(
                "%s; the experiment is tracked in %s instead: move it where it is to stay, and take it in from there: "
                "python experiment_cli.py rebuild FOLDER",
                error,
                place.path,
            )
            return place

    def _begin_in(
        self, experiments_dir: Path, config: dict[str, Any], event: str, content: Mapping[str, Any]
    ) -> ExperimentFolder:
        place = _new_folder(experiments_dir)
        try:
            self._write(place, place.path.name, config, event, content)
        except ResourceError:
            shutil.rmtree(place.path, ignore_errors=True)
            raise
        return place

    def _write(
        self,
        place: ExperimentFolder,
        experiment_id: str,
        config: dict[str, Any],
        event: str,
        content: Mapping[str, Any],
    ) -> None:
        moment = time.time()
        # The event first: a process that is killed in between leaves no experiment of which nobody knows what it does.
        place.append(event, moment, **content)
        name = self.name or config.get("name") or config.get("experiment_name") or place.path.name
        place.identify(experiment_id, plain(str(name)), moment, **({"variant": self.variant} if self.variant else {}))
        if self._owns_files:
            write_json(place.path / CONFIG, config)
            _warn_of_doubles(config)

    def surroundings(self, place: ExperimentFolder) -> dict[str, Any] | None:
        """Return what the experiment runs on, for its environment.json; None where that is the caller's, and there."""
        if self._owns_files or not (place.path / ENVIRONMENT).exists():
            described: dict[str, Any] = plain({"machine": describe_machine(), "git": describe_code()})
            return described
        return None

    def descriptions(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield notes and tags as events for the journal."""
        note, tags = str(self.notes or "").strip(), words(self.tags)
        if note:
            yield "note", {"text": plain(note)}
        if tags:
            yield "tags", {"add": tags, "remove": []}

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


def _new_folder(experiments_dir: Path) -> ExperimentFolder:
    """Make a folder named by a new id: making it settles who has the id, should two have drawn the same."""
    while True:
        path = experiments_dir / new_id(time.time())
        try:
            experiments_dir.mkdir(parents=True, exist_ok=True)
            path.mkdir()
        except FileExistsError as error:
            if path.is_dir():
                continue
            raise explain_os_error(error, experiments_dir) from error
        except OSError as error:
            raise explain_os_error(error, path) from error
        return ExperimentFolder(path)
