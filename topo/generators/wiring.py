"""Wiring: a network as lists of cables, before any speed is given to it.

A family returns the wiring of one plane; ``planes`` copies it, ``host`` adds
the inside of the servers, and ``generate`` gives it capacities.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from topo.lazy import numpy as np
from topo.rules import FabricError, NodeKind
from topo.size import Groups, Size, Tier

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Largest parameter that is counted: far above any switch, and searches for prime powers and divisors end at once.
LARGEST = 1_000_000

#: Largest number of endpoints that may be asked for.
MOST_ENDPOINTS = 10**15

#: What a switch of each layer is called, from the endpoints up.
LAYERS = (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE)


class GeneratorError(FabricError):
    """Parameters that no network has; ``neighbours`` names the nearest that one does have."""

    def __init__(self, message: str, neighbours: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.neighbours = neighbours


@dataclass(frozen=True, eq=False)
class Wiring:
    """Nodes by kind and the cables between them, each array by node (N,) or by cable (C,)."""

    name: str
    radix: int  # ports of a switch that are in use, or that it has
    kind: NDArray[np.int8]  # (N,) NodeKind, ascending
    plane: NDArray[np.int16]  # (N,) -1 where the node serves all planes
    group: NDArray[np.int32]  # (N,) pod or dragonfly group; -1 where the word has no meaning
    a: NDArray[np.int32]  # (C,) one end of each cable
    b: NDArray[np.int32]  # (C,) the other
    tier: NDArray[np.int8]  # (C,) Tier
    weight: NDArray[np.int8]  # (C,) routing metric
    groups: Groups = Groups.NONE  # what group numbers mean

    @property
    def n_endpoints(self) -> int:
        """Number of endpoints E; they are nodes 0 to E - 1."""
        return int(np.searchsorted(self.kind, NodeKind.SCALE_UP))


class Plan(Protocol):
    """One plane of a family with parameters that fit it; what ``plan`` of a family module returns."""

    def size(self) -> Size:
        """Return the parts list, in closed form; ``buildable`` is False where no network has these parts."""

    def build(self) -> Wiring:
        """Return the wiring.  Raises GeneratorError where the parts list is not buildable."""

    def symmetries(self, together: int) -> list[NDArray[np.int64]]:
        """Return permutations (switches,) that may change nothing; each is tested before it is used.

        Blocks of ``together`` consecutive endpoints have to go onto blocks.
        """


def wire(
    name: str,
    *,
    radix: int,
    leaf: NDArray[np.integer[Any]],
    layers: Sequence[int],
    cables: Sequence[tuple[Tier, NDArray[np.integer[Any]], NDArray[np.integer[Any]]]],
    group: NDArray[np.integer[Any]] | None = None,
    groups: Groups = Groups.NONE,
    global_weight: int = 1,
) -> Wiring:
    """Return the wiring of one plane.

    ``leaf`` (E,) is the switch of each endpoint, ``layers`` the number of leaves, spines and
    cores, ``cables`` the switch cables by tier; switches are numbered from 0, leaves first.
    ``group`` (switches,) is handed down to the endpoints; ``groups`` says what it means.
    ``global_weight`` is the routing metric of a global cable; all others cost 1.
    """
    n_endpoints, n_switches = len(leaf), sum(layers)
    group_of_node = np.full(n_endpoints + n_switches, -1, dtype=np.int32)
    if group is not None:
        group_of_node[n_endpoints:] = group
        group_of_node[:n_endpoints] = group[leaf]
    kinds = [np.full(n, kind, dtype=np.int8) for n, kind in zip(layers, LAYERS, strict=False)]
    ends = [(Tier.ENDPOINT, np.arange(n_endpoints) - n_endpoints, leaf), *cables]
    tier = np.repeat(np.array([tier for tier, _, _ in ends], dtype=np.int8), [len(a) for _, a, _ in ends])
    return Wiring(
        name=name,
        radix=radix,
        kind=np.concatenate([np.zeros(n_endpoints, dtype=np.int8), *kinds]),
        plane=np.zeros(n_endpoints + n_switches, dtype=np.int16),
        group=group_of_node,
        a=(np.concatenate([a for _, a, _ in ends]) + n_endpoints).astype(np.int32),
        b=(np.concatenate([b for _, _, b in ends]) + n_endpoints).astype(np.int32),
        tier=tier,
        weight=np.where(tier == Tier.GLOBAL, global_weight, 1).astype(np.int8),
        groups=groups,
    )


def spread(endpoints: int, switches: int) -> NDArray[np.int64]:
    """Return (endpoints,) the switch of each endpoint: in order, and as evenly as whole numbers allow."""
    return np.arange(endpoints, dtype=np.int64) * switches // max(endpoints, 1)


def whole(value: object, what: str, *, least: int = 1, most: int = LARGEST) -> int:
    """Return ``value`` as an int.

    Raises GeneratorError unless it is a whole number of at least ``least`` and at most ``most``.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise GeneratorError(f"{what}: a whole number of at least {least} is needed; got {value!r}")
    if number > most:
        raise GeneratorError(f"{what}: at most {most} is counted; got {value!r}")
    return number


def populated(endpoints: int | None, most: int) -> int:
    """Return the number of endpoints to connect: all ``most`` where None is given.

    Raises GeneratorError for less than one or more than ``most``.
    """
    if endpoints is None:
        return most
    if whole(endpoints, "endpoints", most=MOST_ENDPOINTS) > most:
        raise GeneratorError(f"endpoints: at most {most} fit; got {endpoints}. Take more planes or a larger network")
    return endpoints


def label(name: str, **parameters: object) -> str:
    """Return ``name`` as reports print it: ``family(key=value, ..)`` with one more for each parameter given."""
    given = ", ".join(
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in parameters.items()
    )
    if not given:
        return name
    return f"{name[:-1]}, {given})" if name.endswith(")") else f"{name}({given})"
