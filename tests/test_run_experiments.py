"""The command: flags, exit status, and what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiment_config import ExperimentConfig, TrainingConfig, create_baseline_config
from run_experiments import main
from tests.experiment_folders import write_suite
from tracking.queue.queue import Queue
from tracking.store.database import Database

RUN = ("--mode", "run")


def _error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must fail with status 2 and one line."""
    assert main([*RUN, *arguments]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1
    return printed


def test_a_dry_run_prints_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "experiments"
    assert main([*RUN, "--suite", "minimal", "--seeds", "1", "2", "--dry-run", "--experiments-dir", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("baseline_seed1", "cartography_filter_0.33_seed2", "data_map_seed1"))
    assert not folder.exists()


def test_every_flag_reaches_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = tmp_path / "show.py"
    suite.write_text(
        "import json, pathlib\n"
        "def suite(options):\n"
        "    made = [options.experiment('x', options.seeds[0])]\n"
        f"    pathlib.Path({str(tmp_path)!r}, 'config.json').write_text(json.dumps(made[0].to_mapping()))\n"
        "    return made\n"
    )
    flags = "--seeds 7 --task nli --model demo --dataset demo-nli --columns label=y --train-split a --eval-split b"
    flags += " --eval-datasets c d@e --ablation p_only --max-train-samples 9 --max-eval-samples 8 --max-length 64"
    flags += " --num-train-epochs 1.5 --learning-rate 0.01 --per-device-train-batch-size 2 --burn-in 1"
    flags += " --gradient-accumulation-steps 3 --budget steps --map-seeds 1 2 --cartography-dir m --cluster-dir c"
    flags += " --validation-cartography-dir v --arguments bf16=true save_steps=5 optim=sgd max_grad_norm=0.5"
    flags += " --clustering min_samples=3 model=m/trainer_output"
    main([*RUN, "--suite", str(suite), "--dry-run", "--experiments-dir", str(tmp_path / "e"), *flags.split()])
    capsys.readouterr()
    config = ExperimentConfig.load(tmp_path / "config.json")
    assert (config.task, config.dataset, config.columns) == ("nli", "demo-nli", {"label": "y"})
    assert (config.train_split, config.eval_split, config.eval_datasets) == ("a", "b", ("c", "d@e"))
    assert (config.cartography_dir, config.validation_cartography_dir, config.cluster_dir) == ("m", "v", "c")
    assert (config.ablation, config.data_map.seeds, config.data_map.burn_in) == ("p_only", (1, 2), 1)
    assert (config.clustering.min_samples, config.clustering.model) == (3, "m/trainer_output")
    training = config.training
    assert (training.seed, training.max_train_samples, training.max_eval_samples, training.max_length) == (7, 9, 8, 64)
    assert (training.num_train_epochs, training.learning_rate, training.budget) == (1.5, 0.01, "steps")
    assert (training.per_device_train_batch_size, training.gradient_accumulation_steps) == (2, 3)
    assert training.arguments == {"bf16": True, "save_steps": 5, "optim": "sgd", "max_grad_norm": 0.5}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--suite", "minimall"), "did you mean 'minimal'"),
        (("--suite", "nowhere.py"), "nowhere.py: no such file"),
        (("--dataset", "nowhere.json"), "nowhere.json: no such file"),
        (("--num-train-epochs", "-1"), "error: --num-train-epochs: input should be greater than 0"),
        (("--seeds", "1", "1"), "twice"),
        (("--task", "qaa"), "did you mean 'qa'"),
        (("--arguments", "bf16"), "expected NAME=VALUE"),
        (("--no-auto-prepare",), "Cartography metrics not found"),
        (("--configs", "nowhere.json"), "nowhere.json: no such file"),
        (("--seeds", "one"), "error: --seeds: expected a whole number, got 'one'; see --help"),
        (("--seeds", "1", "-1"), "error: --seeds: input should be greater than or equal to 0, got -1"),
        (("--memory", "10TB"), "error: --memory: expected a number of GB, such as 16, got '10TB'; see --help"),
        (("--minutes-per-run", "2h"), "error: --minutes-per-run: expected a number of minutes, such as 90, got '2h'"),
        (("--workers", "1", "--minutes-per-run", "1e9"), "error: --minutes-per-run: input should be less than or eq"),
        (("--workers", "1" + 20 * "0"), "error: --workers: input should be less than or equal to 100000, got 1000"),
        (("--workers", "1", "--cpus-per-run", "1e6"), "lower --cpus-per-run, or run them elsewhere by --executor or"),
        (("--seed", "1"), "unrecognized arguments: --seed 1; see --help"),
    ],
)
def test_mistakes_end_with_one_line_and_status_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in _error(capsys, *arguments, "--experiments-dir", str(tmp_path / "e"))
    assert not (tmp_path / "e").exists()


def test_a_saved_name_that_leaves_the_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"name": "../escape"}))
    printed = _error(capsys, "--configs", str(path), "--experiments-dir", str(tmp_path / "e"))
    assert "config.json" in printed and "names become folders" in printed and "'../escape'" in printed


def test_saved_configurations_are_not_changed_by_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_baseline_config().save(tmp_path / "config.json")
    printed = _error(capsys, "--configs", str(tmp_path / "config.json"), "--learning-rate", "1")
    assert "leave out --learning-rate" in printed
    arguments = [*RUN, "--configs", str(tmp_path / "config.json"), "--dry-run", "--experiments-dir", str(tmp_path)]
    assert main(arguments) == 0


def test_analysing_nothing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mode", "analyze", "--experiments-dir", str(tmp_path / "none")]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_flags_of_the_analysis_reach_the_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strategies = ({"name": "label_smoothing", "smoothing_factor": 0.6},)
    other = {"eval_f1": [79.0, 82.0, 80.0], "eval_ood_f1": [60.0, 61.0, 59.0]}
    scores = {"eval_f1": [78.0, 80.0, 81.0], "eval_ood_f1": [59.0, 61.0, 60.0]}
    write_suite(tmp_path, {"baseline": ((), scores), "smoothing": (strategies, other)}, [1, 2, 3])
    analyze = ["--mode", "analyze", "--experiments-dir", str(tmp_path)]
    assert main([*analyze, "--correction", "none", "--margin", "30", "--power", "0.9"]) == 0
    printed = capsys.readouterr().out
    assert "2 p-values, not corrected" in printed
    assert "lies within ±30" in printed
    assert main([*analyze, "--alpha", "0.2"]) == 0
    assert "Intervals (80 %)" in capsys.readouterr().out
    assert main([*analyze, "--alpha", "2"]) == 2
    assert "error: --alpha: input should be less than 0.5, got 2.0" in capsys.readouterr().err
    assert main([*analyze, "--metric", "eval_f2"]) == 2
    assert "did you mean 'eval_f1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--mode", "analyze", "--seeds", "1", "2"), "--seeds says nothing in --mode analyze"),
        (("--mode", "analyze", "--dry-run"), "--dry-run says nothing in --mode analyze"),
        (("--mode", "analyze", "--until-decided", "--max-seeds", "3"), "--max-seeds says nothing in --mode analyze"),
        (("--mode", "analyze", "--dataset", "demo-nli"), "--dataset says nothing in --mode analyze"),
        (("--mode", "run", "--correction", "none"), "--correction says nothing in --mode run"),
        (("--mode", "run", "--show-plots"), "--show-plots says nothing in --mode run"),
        (("--mode", "run", "--until-decided", "--power", "0.9"), "--power says nothing in --mode run"),
        (("--mode", "run", "--margin", "1"), "--margin says nothing in --mode run without --until-decided"),
        (("--mode", "run", "--until-decided", "--max-seeds", "2"), "--max-seeds: input should be greater than or"),
        (("--mode", "analyze", "--workers", "2"), "--workers says nothing in --mode analyze"),
        (("--mode", "run", "--hang-minutes", "2"), "--hang-minutes says nothing to the executor inline"),
        (("--mode", "run", "--gpus-per-run", "1"), "--gpus-per-run says nothing to the executor inline; add --workers"),
        (
            ("--mode", "run", "--workers", "2", "--ray-address", "auto"),
            "--ray-address says nothing to the executor wor",
        ),
        (("--mode", "run", "--workers", "2", "--wait"), "--wait says nothing to the executor workers"),
        (("--mode", "run", "--priority", "2"), "--priority says nothing without --enqueue"),
        (("--mode", "run", "--enqueue", "--workers", "2"), "--workers says nothing with --enqueue"),
        (("--mode", "run", "--enqueue", "--until-decided"), "--until-decided looks at results before it goes on"),
        (
            ("--mode", "run", "--enqueue", "--priority", "101"),
            "--priority: expected a whole number from -100 to 100, got '101'; see",
        ),
        (("--mode", "run", "--executor", "workrs"), "unknown name 'workrs' in executors; did you mean 'workers'"),
    ],
)
def test_flags_that_would_say_nothing_are_refused(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"error: {told}")


def test_a_failed_experiment_is_status_1_and_the_analysis_follows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "mine.py"
    suite.write_text(
        "from strategies.category_filter import CategoryFilterConfig\n"
        "def suite(options):\n"
        "    impossible = CategoryFilterConfig(categories=('hard',), keep_fraction=0.9)\n"
        "    return options.across_seeds({'baseline': (), 'impossible': (impossible,)})\n"
    )
    where = ("--experiments-dir", str(tmp_path / "e"))
    size = ("--seeds", "1", "--max-train-samples", "64", "--max-eval-samples", "8", "--num-train-epochs", "2")
    assert main([*RUN, "--suite", str(suite), *size, *where]) == 1
    printed = capsys.readouterr().out
    assert "done    baseline_seed1" in printed and "FAILED  impossible_seed1: SignalError" in printed
    assert "1 of 2 experiments are done, 1 failed" in printed
    assert main(["--mode", "analyze", *where]) == 0
    assert (tmp_path / "e" / "results.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-seeds", "5"), "--max-seeds says nothing in --mode run without --until-decided"),
        (("--until-decided", "--seeds", "1", "2"), "looks first at 3 seeds or more"),
        (("--until-decided", "--max-seeds", "2"), "--max-seeds: input should be"),
        (("--until-decided", "--configs", "nowhere.json"), "saved configurations of --configs have theirs"),
        (("--until-decided", "--baseline", "basline"), "did you mean 'baseline'"),
    ],
)
def test_what_cannot_be_decided_is_refused(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in _error(capsys, *arguments)


def test_a_dry_run_says_how_long_several_workers_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--experiments-dir", str(tmp_path / "e"))
    assert main([*RUN, "--suite", "minimal", "--dry-run", "--workers", "3", *where]) == 0
    assert "with 3 at the same time: ~" in capsys.readouterr().out
    assert main([*RUN, "--suite", "minimal", "--dry-run", *where]) == 0
    assert "at the same time" not in capsys.readouterr().out


def test_a_suite_is_queued_once_and_says_who_works_on_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*RUN, "--suite", "minimal", "--seeds", "1", "--enqueue", "--experiments-dir", str(tmp_path / "e")]
    arguments += ["--gpus-per-run", "0.5", "--minutes-per-run", "30", "--priority", "7"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("queued 3 jobs\n") and "python experiment_cli.py work\n" in printed
    database = Database.open()
    jobs = [each.job for each in Queue(database).jobs()]
    database.close()
    assert {(job.resources.gpus, job.resources.minutes, job.priority) for job in jobs} == {(0.5, 30.0, 7)}
    assert main(arguments) == 0
    assert "queued 0 jobs; 3 wait or run already" in capsys.readouterr().out
    assert not list(tmp_path.glob("e/*/results.json"))


def test_workers_make_what_one_process_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = ("--seeds", "1", "2", "--max-train-samples", "64", "--max-eval-samples", "8", "--num-train-epochs", "1")
    for folder, how in (("one", ()), ("two", ("--workers", "2", "--threads-per-run", "1"))):
        assert main([*RUN, "--suite", "minimal", *size, *how, "--experiments-dir", str(tmp_path / folder)]) == 0
        assert "4 of 4 experiments are done, 0 failed" in capsys.readouterr().out
    for results in tmp_path.glob("one/*/results.json"):
        other = json.loads((tmp_path / "two" / results.parent.name / "results.json").read_text())
        assert json.loads(results.read_text())["metrics"] == other["metrics"]


@pytest.mark.long
def test_a_cluster_is_left_alone_and_submitted_to_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = TrainingConfig(seed=1, max_train_samples=64, max_eval_samples=8, num_train_epochs=1)
    create_baseline_config(training=training).save(tmp_path / "config.json")
    run = [*RUN, "--configs", str(tmp_path / "config.json"), "--experiments-dir", str(tmp_path / "e")]
    run += ["--executor", "slurm", "--slurm", "cluster=local"]
    assert main(run) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1 job is with slurm: ") and "the same command with --wait" in printed
    assert main([*run, "--wait"]) == 0
    assert "1 of 1 experiments are done, 0 failed" in capsys.readouterr().out
    assert len(list(tmp_path.glob("e/*/results.json"))) == 1
    assert main(run) == 0
    assert capsys.readouterr().out.startswith("nothing is left to do; next: ")
