"""Which GPUs this machine has, which of them are ours, and what others have on them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from errors import ConfigError

__all__ = ["Gpu", "Inventory", "choose", "installed_gpus"]

logger = logging.getLogger(__name__)

_TAKEN_SHARE = 0.1
"""A GPU with more of its memory in use is somebody's; a screen, or the driver itself, takes less."""


@dataclass(frozen=True)
class Gpu:
    """One GPU, or a slice of one."""

    id: str
    """UUID, as CUDA_VISIBLE_DEVICES takes it."""
    name: str = "GPU"
    memory_gb: float = 0.0
    used_gb: float = 0.0
    """By whomever."""
    is_slice: bool = False
    """Of a GPU that is divided (MIG): a process can use one of these, and no two."""

    @property
    def is_taken(self) -> bool:
        """Whether more of its memory is in use than an idle one needs."""
        return self.used_gb > _TAKEN_SHARE * self.memory_gb


Inventory = Callable[[], Sequence[Gpu]]
"""Looks at the machine; the order is that of the system, counted from 0."""


def installed_gpus() -> list[Gpu]:
    """Return what the driver sees, in the order of the bus; nothing where there is no NVIDIA driver.

    A GPU that the driver has lost, or that does not say how much memory it has, is left out.
    """
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [gpu for index in range(pynvml.nvmlDeviceGetCount()) for gpu in _gpus_at(pynvml, index)]
    except pynvml.NVMLError as error:
        logger.warning("the NVIDIA driver does not answer: %s", error)
        return []
    finally:
        pynvml.nvmlShutdown()


def _gpus_at(nvml: Any, index: int) -> list[Gpu]:
    try:
        return _gpus_of(nvml, nvml.nvmlDeviceGetHandleByIndex(index))
    except nvml.NVMLError as error:
        logger.warning("GPU %d is left out: %s", index, error)
        return []


def _gpus_of(nvml: Any, handle: Any) -> list[Gpu]:
    slices = []
    # Most GPUs cannot be divided, and say so by an error.
    with suppress(nvml.NVMLError):
        if nvml.nvmlDeviceGetMigMode(handle)[0] == nvml.NVML_DEVICE_MIG_ENABLE:
            for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
                with suppress(nvml.NVMLError):
                    slices.append(nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index))
            return [_describe(nvml, one, is_slice=True) for one in slices]
    return [_describe(nvml, handle, is_slice=False)]


def _describe(nvml: Any, handle: Any, is_slice: bool) -> Gpu:
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return Gpu(
        id=nvml.nvmlDeviceGetUUID(handle),
        name=nvml.nvmlDeviceGetName(handle),
        memory_gb=memory.total / 2**30,
        used_gb=memory.used / 2**30,
        is_slice=is_slice,
    )


def choose(installed: Sequence[Gpu], wanted: Sequence[str] | None) -> list[Gpu]:
    """Return the GPUs that workers may use, of those that CUDA_VISIBLE_DEVICES lets this process see.

    Args:
        installed: all GPUs.
        wanted: numbers among the visible ones, or (beginnings of) UUIDs; None: all that are visible.

    Raises:
        ConfigError: one of ``wanted`` is not there.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    visible = list(installed) if named is None else _visible(installed, named)
    if named is not None and len({gpu.name for gpu in installed}) > 1 and _counts_by_speed(named):
        logger.warning(
            "CUDA_VISIBLE_DEVICES=%s: numbers are taken here as nvidia-smi shows them; CUDA itself counts the fastest "
            "GPU first. Set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name UUIDs.",
            named,
        )
    if wanted is None:
        return visible
    chosen = [_find(visible, name) for name in wanted]
    for name, gpu in zip(wanted, chosen, strict=True):
        if gpu is None:
            known = ", ".join(f"{number} ({gpu.id})" for number, gpu in enumerate(visible)) or "none"
            raise ConfigError(f"gpu_ids: no GPU {name!r} is visible here (there are: {known}); name others, or none")
    return list(dict.fromkeys(gpu for gpu in chosen if gpu is not None))


def _counts_by_speed(named: str) -> bool:
    return (
        any(char.isdigit() for char in named.split(",")[0][:1]) and os.environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID"
    )


def _visible(installed: Sequence[Gpu], named: str) -> list[Gpu]:
    found = []
    for name in filter(None, (part.strip() for part in named.split(","))):
        gpu = _find(installed, name)
        if gpu is None:
            break  # as CUDA does: what stands behind an unknown name is not visible either
        found.append(gpu)
    return found


def _find(gpus: Sequence[Gpu], name: str) -> Gpu | None:
    if name.isdigit():
        return gpus[int(name)] if int(name) < len(gpus) else None
    matching = [gpu for gpu in gpus if gpu.id.startswith(name)]
    return matching[0] if name and len(matching) == 1 else None
