"""The batch scripts that sbatch is given, whole; and what its commands say, in their words, where no cluster is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import ConfigError, ResourceError
from execution.base import JobState
from execution.code_version import code_version
from execution.executors import create_executor
from execution.options import ExecutorOptions
from execution.slurm import executor as executor_module
from execution.slurm import handle as handle_module
from execution.slurm import resources
from execution.slurm.commands import explain_refusal
from execution.slurm.executor import SlurmExecutor
from execution.slurm.folders import SubmissionFolder
from jobs import FailureKind, Job, Outcome, Resources
from tests.execution.jobs_of_tests import a_job
from tests.waiting import until

_GOLDEN = Path(__file__).with_name("batch_script.sh")
_SLURM = {
    "partition": "gpu",
    "account": "lab",
    "qos": "normal",
    "constraint": "a100|h100",
    "exclude": "node[1-2]",
    "time_minutes": 240,
    "gpu_type": "a100",
    "mem_gb": 32,
    "setup": ["module load cuda", "export HF_HOME='/scratch/it is'"],
    "additional": {"mail-type": "FAIL", "exclusive": True},
}


def test_the_batch_script_is_the_golden_one(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/the environment/bin/python")
    monkeypatch.setattr(resources, "CODE", Path("/opt/the 'code'"))
    executor = SlurmExecutor(options(workers=8, own=_SLURM))
    first = Job(id="m", name="data map", work="nothing")
    rest = [
        Job(
            id=f"e{number}",
            name=f"e{number}",
            work="nothing",
            needs=("m",),
            group="it's $(a) suite",
            resources=Resources(cpus=6, gpus=1, memory_gb=48),
        )
        for number in range(3)
    ]
    # The script of the array replaces that of the first job: both are number 12 here.
    executor.submit_all([first, *rest])
    [script] = executor.log_dir.glob("slurm/logs/12_submission.sh")
    text = script.read_text(encoding="utf-8").replace(str(executor.log_dir), "<LOG_DIR>")
    assert text == _GOLDEN.read_text()
    [order] = executor.log_dir.glob("slurm/job-m/1/job.json")
    # Of the 90 seconds that the signal comes before the end, some are for getting back into the queue.
    assert json.loads(order.read_text())["save_seconds"] == 75


def test_who_submits_from_within_a_job_passes_nothing_on(
    commands: Callable[..., None],
    options: Callable[..., ExecutorOptions],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configuration = tmp_path / "slurm.conf"
    configuration.touch()
    monkeypatch.setenv("SLURM_CONF", str(configuration))
    monkeypatch.setenv("SLURM_MEM_PER_CPU", "2000")
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    commands(sbatch=f"env > '{tmp_path}/seen'; echo Submitted batch job 12")
    SlurmExecutor(options(own={})).submit(a_job("echo"))
    seen = (tmp_path / "seen").read_text()
    assert f"SLURM_CONF={configuration}" in seen
    assert "SLURM_MEM_PER_CPU" not in seen
    assert "SUBMITIT_EXECUTOR" not in seen
    assert os.environ["SLURM_MEM_PER_CPU"] == "2000"


def test_what_people_tell_sbatch_once_and_for_all_holds_where_no_option_says_otherwise(
    commands: Callable[..., None],
    options: Callable[..., ExecutorOptions],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ACCOUNT", "PARTITION", "RESERVATION", "TIMELIMIT"):
        monkeypatch.setenv(f"SBATCH_{name}", "of mine")
    commands(sbatch=f"env > '{tmp_path}/seen'; echo Submitted batch job 12")
    own = {"partition": "gpu", "additional": {"reservation": "course"}}
    SlurmExecutor(options(own=own)).submit(a_job("echo"))
    seen = [line for line in (tmp_path / "seen").read_text().splitlines() if line.startswith("SBATCH_")]
    assert seen == ["SBATCH_ACCOUNT=of mine"]


def test_what_people_have_squeue_leave_out_is_seen_all_the_same(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUEUE_PARTITION", "gpu")
    commands(squeue="[ -n \"$SQUEUE_PARTITION\" ] || echo '12|RUNNING|None|node1'")
    assert SlurmExecutor(options()).submit(a_job("echo")).where == "SLURM job 12 (on node1)"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("TIMEOUT", FailureKind.TIMED_OUT),
        ("DEADLINE", FailureKind.TIMED_OUT),
        ("OUT_OF_MEMORY", FailureKind.OUT_OF_MEMORY),
        ("NODE_FAIL", FailureKind.WORKER_DIED),
        ("FAILED", FailureKind.WORKER_DIED),
        ("COMPLETED", FailureKind.WORKER_DIED),
        ("CANCELLED", FailureKind.CANCELLED),
        ("PREEMPTED", FailureKind.PREEMPTED),
    ],
)
@pytest.mark.parametrize("speaker", ["squeue", "sacct"])
def test_a_state_without_an_outcome_means_a_kind_of_failure(
    state: str,
    kind: FailureKind,
    speaker: str,
    commands: Callable[..., None],
    options: Callable[..., ExecutorOptions],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_OUTCOME_SECONDS", "_UNKNOWN_END_SECONDS"):
        monkeypatch.setattr(handle_module, name, 0.0)
    commands(**{speaker: f"echo '12|{state}|None|node1'" if speaker == "squeue" else f"echo {state}"})
    handle = SlurmExecutor(options()).submit(a_job("echo"))
    failure = handle.result(timeout=60).failure
    assert failure is not None
    assert failure.kind == kind
    assert f"SLURM job 12 ({state}): " in failure.message


def test_a_job_that_nobody_knows_any_more_is_not_waited_for(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle_module, "_UNKNOWN_END_SECONDS", 1.0)
    executor = SlurmExecutor(options())
    handle = executor.submit(a_job("echo"))
    assert not handle.state.is_final
    (executor.log_dir / "slurm" / "logs" / "12_0_log.out").write_text("line\n" * 50 + "Killed\n")
    failure = handle.result(timeout=60).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED
    assert failure.message.startswith(
        "SLURM job 12: it left the queue without saying how it ended; the end of its log:"
    )
    assert failure.message.endswith("line\nKilled")


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", ""])
def test_what_slurm_killed_for_memory_says_so_in_its_log_of_the_last_start(
    state: str, commands: Callable[..., None], options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_OUTCOME_SECONDS", "_UNKNOWN_END_SECONDS"):
        monkeypatch.setattr(handle_module, name, 0.0)
    start, killed = (
        "submitit INFO - Starting with JobEnvironment(job_id=1)\n",
        "slurmstepd-n: error: Exceeded job memory limit\n",
    )
    for log, is_memory in ((start + killed, True), (start + killed + start, False)):
        commands(squeue=f"echo '12|{state}|None|node1'" if state else "exit 0")
        executor = SlurmExecutor(options())
        handle = executor.submit(a_job("echo"))
        (executor.log_dir / "slurm" / "logs" / "12_0_log.out").write_text(log)
        failure = handle.result(timeout=60).failure
        assert failure is not None
        assert (failure.kind == FailureKind.OUT_OF_MEMORY) is is_memory


_WORK = "[ $1 = --version ] && exit; "
_COUNTING = "n=$(cat '{0}/n' 2>/dev/null || echo 11); n=$((n + 1)); echo $n >'{0}/n'; echo Submitted batch job $n"
_ASKED = f"{_WORK}echo $* >>'{{0}}/calls'; "
_REFUSING = f"{_ASKED}echo 'scancel: error: Kill job error on job id 13: Socket timed out' >&2; exit 1"
_KNOWING_NOBODY = f"{_ASKED}echo 'scancel: error: Kill job error on job id 12: Invalid job id' >&2; exit 1"


def test_all_jobs_are_stopped_by_one_command_which_is_tried_until_it_is_heard(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    states = "".join(f"echo '{number}|RUNNING|None|node1';" for number in (12, 13, 14))
    commands(sbatch=_WORK + _COUNTING.format(tmp_path), scancel=_REFUSING.format(tmp_path), squeue=states)
    executor, calls = SlurmExecutor(options()), tmp_path / "calls"
    handles = [executor.submit(a_job("echo")) for _ in range(3)]
    for handle in handles:
        handle.preempt("Ctrl-C")
    executor.wait(handles, 0.0)
    # Whoever looks late tries more than once.
    assert set(calls.read_text().splitlines()) == {"--state=PENDING 12 13 14"}
    assert "Socket timed out" in handles[0].where
    calls.unlink()
    commands(scancel=_KNOWING_NOBODY.format(tmp_path))
    until(lambda: "Socket" not in handles[0].where, "another try")
    assert calls.read_text() == "--state=PENDING 12 13 14\n--signal=USR2 12 13 14\n"
    handles[1].cancel()
    executor.wait(handles, 0.0)
    assert calls.read_text().splitlines()[2:] == ["13"]
    executor.detach()
    executor.close()
    assert len(calls.read_text().splitlines()) == 3, "who was left is not stopped"


def test_what_waits_and_was_planned_by_other_code_is_submitted_anew(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    def job(code: str) -> Job:
        return Job(id="j", name="j", work="test.echo", code=code)

    pending = "echo '12|PENDING|Resources|'; echo '13|PENDING|Resources|'"
    commands(sbatch=_WORK + _COUNTING.format(tmp_path), scancel=_ASKED.format(tmp_path), squeue=pending)
    first = SlurmExecutor(options()).submit(job("0123456789ab"))
    again = SlurmExecutor(options()).submit(job("0123456789ab"))
    other = SlurmExecutor(options()).submit(job("ba9876543210"))
    assert [handle.where.split()[2] for handle in (first, again, other)] == ["12", "12", "13"]
    assert (tmp_path / "calls").read_text() == "12\n"


def test_who_waits_for_any_code_attaches_to_what_this_code_left(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    def job(code: str) -> Job:
        return Job(id="j", name="j", work="test.echo", code=code)

    pending = "echo '12|PENDING|Resources|'; echo '13|PENDING|Resources|'"
    commands(sbatch=_WORK + _COUNTING.format(tmp_path), squeue=pending)
    SlurmExecutor(options()).submit_all([job(code_version())])
    again = [SlurmExecutor(options()).submit(job(code)) for code in ("", code_version())]
    assert [handle.where.split()[2] for handle in again] == ["12", "12"]


def test_who_left_the_queue_without_a_word_is_not_attached_to(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    commands(sbatch=_WORK + _COUNTING.format(tmp_path), squeue="echo '12|CANCELLED|DependencyNeverSatisfied|'")
    job = a_job("echo")
    first, again = (SlurmExecutor(options()).submit(job) for _ in range(2))
    assert [handle.where.split()[2] for handle in (first, again)] == ["12", "13"]


def test_what_came_to_a_good_end_since_the_plan_is_not_submitted_again(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    commands(sbatch=_WORK + _COUNTING.format(tmp_path))
    job, executor = a_job("echo"), SlurmExecutor(options())
    executor.submit(job)
    folder = SubmissionFolder.latest(executor.log_dir, job.id)
    assert folder is not None
    folder.write_outcome(Outcome(result={"is": "there"}))
    assert executor.submit(job).result(0).result == {"is": "there"}
    # A later plan has its reasons.
    assert "13" in SlurmExecutor(options()).submit(job).where


def test_a_configuration_that_is_not_there_is_one_error(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", "/nowhere/slurm.conf")
    with pytest.raises(ResourceError, match=r"SLURM_CONF names /nowhere/slurm.conf, which is not there"):
        SlurmExecutor(options())


def test_what_sbatch_complains_of_is_said_once(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], capfd: pytest.CaptureFixture[str]
) -> None:
    commands(sbatch=f"{_WORK}echo 'sbatch: error: Invalid partition' >&2; exit 1")
    with pytest.raises(ConfigError, match="Invalid partition"):
        SlurmExecutor(options()).submit(a_job("echo"))
    assert capfd.readouterr().err == ""


def test_what_cannot_be_taken_back_is_named(
    commands: Callable[..., None],
    options: Callable[..., ExecutorOptions],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executor_module, "_PAUSE_TO_TAKE_BACK_SECONDS", 0.0)
    once = f"[ -e '{tmp_path}/n' ] && {{ echo 'sbatch: error: Invalid partition' >&2; exit 1; }}; "
    commands(sbatch=_WORK + once + _COUNTING.format(tmp_path), scancel=_REFUSING.format(tmp_path))
    first = Job(id="m", name="m", work="nothing")
    second = Job(id="e", name="e", work="nothing", needs=("m",))
    with pytest.raises(ResourceError, match=r"Socket timed out.*cancel them: scancel 12$"):
        SlurmExecutor(options()).submit_all([first, second])


def test_where_slurm_does_not_answer_nothing_is_concluded(
    commands: Callable[..., None], options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle_module, "_UNKNOWN_END_SECONDS", 0.0)
    commands(squeue="[ \"$1\" = --version ] || { echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1; }")
    handle = SlurmExecutor(options()).submit(a_job("echo"))
    with pytest.raises(TimeoutError, match="no answer from SLURM"):
        handle.result(timeout=1)
    assert handle.state == JobState.PENDING


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"scontrol": "echo 'Slurmctld(primary) at head is DOWN'; exit 1"}, "no SLURM controller answers.*DOWN"),
        ({"scontrol": "echo 'Slurmctld(primary) at head is DOWN'"}, "no SLURM controller answers.*DOWN"),
        ({"sbatch": "echo 'sbatch: fatal: no config' >&2; exit 1"}, "SLURM's sbatch failed: no config"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_error(
    missing: dict[str, str], words: str, commands: Callable[..., None], options: Callable[..., ExecutorOptions]
) -> None:
    commands(**missing)
    with pytest.raises(ResourceError, match=words):
        SlurmExecutor(options())


def test_without_slurm_the_error_says_so(
    options: Callable[..., ExecutorOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ResourceError, match="SLURM's sbatch is not installed here"):
        SlurmExecutor(options())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"gpu_ids": ("0",)}, "gpu_ids says nothing to the executor slurm"),
        ({"memory_gb": 4.0}, "memory_gb says nothing to the executor slurm"),
        ({"log_dir": Path("logs%j"), "workers": 2}, "log_dir: SLURM reads %"),
        ({"own": {"partion": "gpu"}}, r"^ExecutorOptions\.own\.partion: no such field; did you mean 'partition'"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(
    fields: dict[str, object], words: str, options: Callable[..., ExecutorOptions]
) -> None:
    with pytest.raises(ConfigError, match=words):
        create_executor(options(executor="slurm", **fields))


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "sbatch: error: Memory specification can not be satisfied\n"
            "sbatch: error: Batch job submission failed: Requested node configuration is not available",
            ConfigError,
            "Memory specification can not be satisfied; Batch job submission failed: Requested node",
        ),
        ("sbatch: error: Batch job submission failed: Requested time limit is invalid", ConfigError, "time limit"),
        ("sbatch: error: QOSMaxSubmitJobPerUserLimit", ResourceError, "takes no job now: QOSMaxSubmit"),
        ("sbatch: error: Unable to contact slurm controller (connect failure)", ResourceError, "connect failure"),
        ("", ConfigError, "no reason given"),
    ],
)
def test_a_refusal_for_now_is_told_from_one_for_good(text: str, error: type[Exception], words: str) -> None:
    explained = explain_refusal(text)
    assert isinstance(explained, error)
    assert words in str(explained)
