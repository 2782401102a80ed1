"""Known automorphisms of a fabric that a file states: kept where the fabric is read as it stands, and checked.

A move is (N,) node to node, by the place of nodes in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.formats.plant import Plant, Reading


def as_it_is(host: NDArray[np.integer[Any]], how: Reading) -> bool:
    """Return whether ``how`` changes nothing of a file whose endpoints sit in ``host`` (E,)."""
    per_host = how.endpoints_per_host
    as_hosts = per_host is None or np.array_equal(host, np.arange(len(host)) // per_host)
    others = (how.nic_capacity, how.scale_up, how.scale_up_domain, how.overhead, how.launch, how.packet, how.relay)
    return as_hosts and not any(others) and not (how.ends or how.nic or how.host_pattern)


def moves_of(given: Any, shown: str) -> tuple[NDArray[np.int32], ...]:
    """Return the moves of lists of node numbers, or of such lists as JSON text; none where it is None.

    Raises FormatError for what is neither.
    """
    try:
        rows = json.loads(given) if isinstance(given, str) else given
        if not all(type(node) is int for row in rows or () for node in row):
            raise TypeError
        return tuple(np.array(row, dtype=np.int32) for row in rows or ())
    except (OverflowError, RecursionError, TypeError, ValueError):
        said = str(given)[:40]
        raise FormatError(f"{shown}: symmetry: lists of the numbers of nodes are needed; got {said!r}") from None


def checked(fabric: Fabric, moves: Iterable[ArrayLike]) -> Fabric:
    """Return ``fabric`` with ``moves`` as its symmetries.  Raises ValueError for one that is none."""
    found = tuple(np.array(move, dtype=np.int32).reshape(-1) for move in moves)
    for i, move in enumerate(found):
        if len(move) != fabric.n_nodes or not fabric.is_automorphism(move):
            raise ValueError(f"symmetry {i} does not map cables onto cables; leave it out")
    return replace(fabric, symmetry=found)


def symmetric(fabric: Fabric, plant: Plant, how: Reading | None) -> Fabric:
    """Return ``fabric``, read of ``plant`` as ``how`` says, with the moves that the plant states.

    They stand for the file's own hosts and endpoints, so they go where ``how`` puts others in their place.

    Raises FormatError for a move that does not map cables onto cables.
    """
    hosts = [int(node.host) if node.host.isdecimal() else -1 for node in plant.nodes if node.end]
    if not plant.symmetry or not as_it_is(np.array(hosts), how or Reading()):
        return fabric
    # A fabric has its nodes by kind; within a kind they stay in the order of the file.
    order = np.argsort([node.kind or 0 for node in plant.nodes], kind="stable")
    place = np.argsort(order)
    try:
        if any(not np.array_equal(np.sort(move), np.arange(len(order))) for move in plant.symmetry):
            raise ValueError(f"symmetry: each must hold every number below {len(order)} once, one for each node")
        return checked(fabric, [place[move[order]] for move in plant.symmetry])
    except ValueError as error:
        raise FormatError(f"{plant.name}: {error}") from None
