"""Train or evaluate one model: HF-style flags, or one JSON or YAML file of them."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from errors import AssayError, ConfigError, DataError
from execution.unread import UNREAD, going_on_unread
from registry import nearest
from run_flags import FLAG_GROUPS, RunRequest, request_from_flags
from training.processes import is_first_process

_EXAMPLES = """\
examples:
  python run.py --do_train --do_eval --output_dir out                     the embedded demo, offline
  python run.py --do_train --do_eval --enable_cartography --cartography_output_dir map --output_dir out
  python run.py --do_train --do_eval --filter_cartography --top_fraction 0.33 --cartography_dir map --output_dir out2
  python run.py --task classification --dataset data/sst2 --model distilbert-base-uncased --do_train --output_dir sst2
  python run.py --do_eval --model out --eval_datasets demo@ood --output_dir scores
  python run.py settings.yaml

Every field of transformers.TrainingArguments works by its own name too: --num_train_epochs 3 --learning_rate 5e-5
--per_device_train_batch_size 16 --gradient_accumulation_steps 2 --seed 43 --bf16 --torch_compile ...
"""


_BASICS = {
    "do_train": ("[BOOL]", "Train."),
    "do_eval": ("[BOOL]", "Evaluate."),
    "output_dir": ("STR", "Folder of the model, checkpoints and scores (default: trainer_output)."),
    "num_train_epochs": ("FLOAT", "Passes over the training rows (default depends on the model: more for demo)."),
    "learning_rate": ("FLOAT", "Peak learning rate (default depends on the model)."),
    "per_device_train_batch_size": ("INT", "Rows a step and device."),
    "seed": ("INT", "Seeds initialisation and data order (default: 42)."),
    "save_total_limit": ("INT", "Keep so many checkpoints; unset, they are deleted when the run is finished."),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 2 a mistake of the user's, 130 interrupted."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if not words or "-h" in words or "--help" in words:
            with going_on_unread():
                _help_parser().print_help()
        else:
            with going_on_unread(UNREAD):
                _run_words(words)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command continues from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _run_words(words: list[str]) -> None:
    request = request_from_flags(_given_flags(words))
    metrics = _run(request)
    if is_first_process():
        _print_metrics(request, metrics)


def _help_parser() -> argparse.ArgumentParser:
    """Describe the flags without transformers, whose import takes seconds."""
    parser = argparse.ArgumentParser(
        prog="run.py",
        usage="python run.py --do_train --do_eval [FLAG ...]\n       python run.py FILE.json|FILE.yaml",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    basics = parser.add_argument_group("what to do", "The most used fields of TrainingArguments; all others work too.")
    for name, (metavar, text) in _BASICS.items():
        basics.add_argument(f"--{name}", metavar=metavar, help=text)
    for group in FLAG_GROUPS:
        flags = parser.add_argument_group(group._argument_group_name, group.__doc__)
        for flag in dataclasses.fields(group):
            flags.add_argument(f"--{flag.name}", metavar=_metavar(flag), help=_help(flag))
    return parser


def _metavar(flag: dataclasses.Field[Any]) -> str:
    kind = str(flag.type).removesuffix(" | None")
    return {"bool": "[BOOL]", "list[str]": "TEXT ...", "list[int]": "INT ..."}.get(kind, kind.upper())


def _help(flag: dataclasses.Field[Any]) -> str:
    text = str(flag.metadata["help"]).replace("%", "%%")
    default = flag.default
    return text if default in (dataclasses.MISSING, None, False) else f"{text} (default: {default})"


def _given_flags(words: list[str]) -> dict[str, Any]:
    """Return the flags the user gave, parsed by HfArgumentParser, without any default."""
    from transformers import HfArgumentParser, TrainingArguments

    if len(words) == 1 and words[0].endswith((".json", ".yaml", ".yml")):
        words = _words_of_file(Path(words[0]))
    groups: list[Any] = [*FLAG_GROUPS, TrainingArguments]
    parser = HfArgumentParser(groups, prog="run.py", allow_abbrev=False)
    for action in parser._actions:
        action.default = argparse.SUPPRESS
        action.required = False
    parser.error = _refuse  # type: ignore[method-assign]  # the usage of so many flags would bury the message
    given, unknown = parser.parse_known_args(words)
    if unknown:
        names = [option.removeprefix("--") for action in parser._actions for option in action.option_strings]
        if not unknown[0].startswith("-"):
            raise ConfigError(f"{unknown[0]!r} is no flag; a JSON or YAML file of flags stands alone, without others")
        word = unknown[0].removeprefix("--").partition("=")[0]
        raise ConfigError(f"unknown flag {unknown[0]}{nearest(word, names)}")
    return vars(given)


def _refuse(message: str) -> NoReturn:
    raise ConfigError(f"{message}; see --help")


def _words_of_file(path: Path) -> list[str]:
    """Turn a JSON or YAML file of flags into command-line words, so that both go one way."""
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid JSON or YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected a mapping of flags to values, got {type(values).__name__}")
    words: list[str] = []
    for name, value in values.items():
        if value is None:
            continue
        items = value if isinstance(value, list) else [value]
        words += [f"--{name}", *(json.dumps(item) if isinstance(item, dict) else str(item) for item in items)]
    return words


def _run(request: RunRequest) -> dict[str, float]:
    from rich.console import Console

    from run_bar import RunBar
    from training.session import RunPaths, run_experiment

    config = request.config
    paths = RunPaths(
        folder=request.output_dir,
        trainer_output=request.output_dir,
        record_to=request.record_to,
        data_map=Path(config.cartography_dir) if config.cartography_dir else None,
        clusters=Path(config.cluster_dir) if config.cluster_dir else None,
    )
    with RunBar(Console(stderr=True, quiet=not is_first_process())) as bar:
        outcome = run_experiment(config, paths, bar.step, do_train=request.do_train, do_eval=request.do_eval)
    return outcome.metrics


def _print_metrics(request: RunRequest, metrics: dict[str, float]) -> None:
    for name, value in metrics.items():
        print(f"{name:32s} {value:10.4f}")
    print(f"output: {request.output_dir}")
    if request.record_to is not None:
        print(f"data map: {request.record_to / 'cartography_map.png'}")


if __name__ == "__main__":
    sys.exit(main())
