"""Slurm's ``topology.yaml`` of release 25.05 on: the tree of ``slurm``, and blocks beside it."""

from __future__ import annotations

from topo.formats.slurm import read
from topo.formats.slurm import write_yaml as write

__all__ = ["read", "write"]
