"""The memory that a case may take, and what to say of one that would take more."""

from __future__ import annotations

import os
from pathlib import Path

from topo.study.errors import StudyError
from topo.study.estimate import Estimate

#: Of the memory that is free, what a case may take unless told otherwise.
SHARE = 0.8
#: Starts the error of a case that was stopped for its size.
OVER = "over --max-memory"


class OverMemory(StudyError):
    """A case that would take more memory than it may; raised before anything is built."""


def default_limit() -> float | None:
    """Return SHARE of the memory that this machine or container has left [bytes]; None where it does not tell."""
    known = [free for free in (_machine(), _container()) if free is not None]
    return SHARE * min(known) if known else None


def check_memory(estimate: Estimate, limit: float | None) -> None:
    """Raise OverMemory where ``estimate`` is above ``limit`` [bytes]; None is no limit."""
    if limit is not None and estimate.memory > limit:
        raise OverMemory(
            f"{OVER} {in_gib(limit)}: the case needs about {in_gib(estimate.memory)}, most of it for {estimate.what}; "
            f"{estimate.cure}, or give more with --max-memory {in_gib(1.2 * estimate.memory).replace(' ', '')}"
        )


def in_gib(memory: float) -> str:
    """Return ``memory`` [bytes] as people read it."""
    return f"{memory / 2**30:.3g} GiB" if memory >= 2**30 else f"{memory / 2**20:.0f} MiB"


def _machine() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None


def _container() -> float | None:
    """Return what the control group (version 2) of this process has left; None where it sets no limit."""
    try:
        most, used = (float(Path("/sys/fs/cgroup", name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):
        return None
    return max(most - used, 0.0)
