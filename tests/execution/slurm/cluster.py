"""A real SLURM cluster for tests: munged, slurmctld and slurmd of the current user's own, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.ports import free_port

__all__ = [
    "PROGRAMS",
    "SlurmCluster",
    "find_program",
    "missing_programs",
    "remove_control_groups",
    "why_no_control_groups",
]

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")
_PATIENCE_SECONDS = 90.0
_MEMORY_LIMITS = {
    # Control groups need root, and many containers lack them.
    "": ("ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none"),
    "accounting": (
        *("ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none"),
        *("JobAcctGatherType=jobacct_gather/linux", "JobAcctGatherFrequency=task=1"),
        "JobAcctGatherParams=OverMemoryKill",
    ),
    "cgroup": ("ProctrackType=proctrack/cgroup", "TaskPlugin=task/cgroup"),
}
_MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
_CGROUPS = """\
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
"""


def find_program(name: str) -> str | None:
    """Return where a program is; Debian keeps the daemons out of an ordinary user's PATH."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def why_no_control_groups() -> str:
    """Return why the kernel cannot be told here how much memory a job may take; empty where it can."""
    probe = _MEMORY_GROUPS / f"assay-{os.getpid()}"
    try:
        probe.mkdir()
    except OSError as error:
        return f"no control group for memory can be made below {_MEMORY_GROUPS}: {error.strerror}"
    probe.rmdir()
    return ""


def remove_control_groups() -> None:
    """Remove what a cluster's kernel limits left; groups that are in use stay."""
    for controller in _MEMORY_GROUPS.parent.glob("*/"):
        for group in sorted((controller / f"slurm_{_host()}").glob("**/"), reverse=True):
            with suppress(OSError):
                group.rmdir()


def missing_programs() -> list[str]:
    """Return the names of the programs that are not installed."""
    return [name for name in PROGRAMS if find_program(name) is None]


class SlurmCluster:
    """One node with its controller, from :meth:`create` to :meth:`stop`.

    Args:
        folder: an empty folder, whose path others may walk through, for keys, state and logs.
        cpus: how many the node claims to have.
        memory_mb: how much of main memory the node claims to have.
        memory_limits: who kills what takes more than it asked for: nobody, ``"accounting"``, which looks every second,
            or ``"cgroup"``, by which the kernel does, and which needs root.
    """

    def __init__(self, folder: Path, cpus: int = 4, memory_mb: int = 4000, memory_limits: str = "") -> None:
        self._folder = folder
        self._cpus = cpus
        self._memory_mb = memory_mb
        self._memory_limits = memory_limits
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to reach the cluster."""
        return {"SLURM_CONF": str(self._folder / "slurm.conf")}

    @property
    def node(self) -> str:
        """What the only node is called."""
        return _host()

    def create(self) -> None:
        """Write the configuration and start everything."""
        # munge insists: others may walk to its socket, and nobody but the owner may write on the way there.
        for name in (".", "munge", "state", "spool", "log"):
            path = self._folder / name
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        key = self._folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(1024))
        (self._folder / "slurm.conf").write_text(self._configuration())
        (self._folder / "cgroup.conf").write_text(_CGROUPS)
        munge = self._folder / "munge"
        self._start(
            "munged",
            f"--key-file={key}",
            f"--socket={munge}/socket",
            f"--pid-file={munge}/pid",
            f"--log-file={munge}/log",
            f"--seed-file={munge}/seed",
        )
        self._wait_for(lambda: (munge / "socket").exists(), "munged")
        self.start_controller()
        self._start("slurmd", "-D", "-N", _host())
        self._wait_for(lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T"), "slurmd")

    def start_controller(self, *, forgetful: bool = False) -> None:
        """Start slurmctld, and wait until it answers; one that is forgetful knows of no job any more."""
        self._start("slurmctld", "-D", *(["-c"] if forgetful else []))
        self._wait_for(lambda: " is UP" in self.run("scontrol", "ping"), "slurmctld")

    def stop_controller(self) -> None:
        """Stop slurmctld; jobs that run go on."""
        self._stop("slurmctld")

    @property
    def has_controller(self) -> bool:
        """Whether slurmctld runs."""
        return "slurmctld" in self._running and self._running["slurmctld"].poll() is None

    def cancel_all(self) -> None:
        """Cancel every job, and wait until the node is free."""
        if self.run("squeue", "--noheader"):
            self.run("scancel", f"--user={_user()}")
            self._wait_for(lambda: not self.run("squeue", "--noheader"), "the end of all jobs")

    def stop(self) -> None:
        """Stop everything, jobs included; may be called twice."""
        if self.has_controller:
            # Who steps out while a job ends leaves processes that try to tell it for ever.
            with suppress(RuntimeError):
                self.cancel_all()
        for name in ("slurmd", "slurmctld", "munged"):
            self._stop(name)

    def run(self, program: str, *arguments: str) -> str:
        """Run a command on the cluster; return what it printed, errors included."""
        done = subprocess.run(
            [find_program(program) or program, *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE_SECONDS,
        )
        return done.stdout.decode(errors="replace").strip()

    def _start(self, program: str, *arguments: str) -> None:
        command = [find_program(program) or program, *arguments]
        if program == "munged":
            command.append("--foreground")
        if shutil.which("setpriv"):
            # Whoever kills the tests shall leave no daemons behind.
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        with (self._folder / "log" / f"{program}.output").open("ab") as output:
            self._running[program] = subprocess.Popen(
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _stop(self, program: str) -> None:
        process = self._running.pop(program, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_for(self, condition: object, what: str) -> None:
        assert callable(condition)
        limit = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > limit:
                logs = "\n".join(
                    f"== {path.name}\n{path.read_text(errors='replace')[-2000:]}"
                    for path in sorted((self._folder / "log").iterdir())
                )
                raise RuntimeError(f"waited {_PATIENCE_SECONDS:.0f} s for {what}\n{logs}")
            time.sleep(0.1)

    def _configuration(self) -> str:
        controller = node = free_port()
        while node == controller:
            node = free_port()
        host, folder = _host(), self._folder
        lines = [
            "ClusterName=assay",
            f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={controller}",
            f"SlurmUser={_user()}",
            f"SlurmdUser={_user()}",
            "AuthType=auth/munge",
            "CredType=cred/munge",
            # A job that is requeued waits for its old credential to expire: 120 s unless told; 5 s are the least.
            f"AuthInfo=socket={folder}/munge/socket,cred_expire=5",
            f"StateSaveLocation={folder}/state",
            f"SlurmdSpoolDir={folder}/spool/%n",
            f"SlurmctldPidFile={folder}/slurmctld.pid",
            f"SlurmdPidFile={folder}/slurmd-%n.pid",
            f"SlurmctldLogFile={folder}/log/slurmctld.log",
            f"SlurmdLogFile={folder}/log/slurmd-%n.log",
            "MpiDefault=none",
            # As many clusters do: who does not ask for it is not requeued.
            "JobRequeue=0",
            *_MEMORY_LIMITS[self._memory_limits],
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_Core_Memory",
            f"DefMemPerCPU={self._memory_mb // self._cpus}",
            "SchedulerType=sched/backfill",
            "SchedulerParameters=bf_interval=1,sched_interval=2,batch_sched_delay=0,sched_min_interval=0",
            "ReturnToService=2",
            "SlurmctldTimeout=120",
            "SlurmdTimeout=120",
            "InactiveLimit=0",
            "KillWait=10",
            "MinJobAge=300",
            "SlurmdParameters=config_overrides",
            f"NodeName={host} NodeAddr=127.0.0.1 Port={node} CPUs={self._cpus} Boards=1 SocketsPerBoard=1"
            f" CoresPerSocket={self._cpus} ThreadsPerCore=1 RealMemory={self._memory_mb} State=UNKNOWN",
            # Who has an urgent job takes the node from others, who are told a minute before or not at all.
            "PreemptType=preempt/partition_prio",
            "PreemptMode=REQUEUE",
            f"PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1",
            f"PartitionName=graceful Nodes={host} MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=60",
            f"PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP PriorityTier=10",
            "",
        ]
        return "\n".join(lines)


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _host() -> str:
    return socket.gethostname().partition(".")[0]
