"""How far work on many cases is, as its caller is told of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a run is; one is passed after every case."""

    done: int
    total: int
    failed: int
    name: str  # of the case that just ended
    seconds: float  # since the run began
    following: str = ""  # name of the case that begins now; empty where cases run side by side, or none is left
