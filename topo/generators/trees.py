"""What two- and three-layer trees share: the ports of a leaf, rails, and bundles of parallel cables."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Gt

from topo.generators.wiring import GeneratorError, populated, whole
from topo.parameters import Sought

#: Rounding slack of port counts computed from a fractional oversubscription.
ROUNDING = 1e-9

#: What trees take alike.
Radix = Annotated[int, Ge(2), Sought("ports"), "ports of a switch, an even number"]
Oversubscription = Annotated[float, Gt(0), "ports of a leaf down over ports up, at most; 1 does not block"]
Wired = Annotated[
    Literal["host", "rail"], Sought("placing"), "whether a leaf has whole hosts, or endpoint i of every host"
]
Up = Annotated[int | None, Ge(1), Sought("all"), "ports of a leaf that go up; without, those of the oversubscription"]
Down = Annotated[
    int | None, Ge(1), Sought("hosts"), "ports of a leaf that go down; without, those of the oversubscription"
]
Spines = Annotated[int | None, Ge(1), "spines of a plane, or of a pod; without, the fewest in equal bundles"]


class Leaf(NamedTuple):
    """Ports of a leaf."""

    up: int
    down: int


def leaf_ports(
    radix: int, oversubscription: float, *, block: int = 1, up: int | None = None, down: int | None = None
) -> Leaf | None:
    """Return the ports of a leaf: as many endpoints as leave them r : 1 or less, whole blocks of ``block``.

    ``up`` and ``down`` win over the oversubscription r = down : up where they are given.  None where
    no block fits.

    Raises GeneratorError where the radix is odd, r is none that a switch can have, or ports do not suffice.
    """
    k = whole(radix, "radix", least=2)
    if k % 2:
        raise GeneratorError(
            f"radix: an even number of ports is needed, half of them up and half down; got {k}. "
            f"Take {k - 1} or {k + 1}",
            (f"radix={k - 1}", f"radix={k + 1}"),
        )
    r = _ratio(oversubscription, k)
    for what, given in (("up", up), ("down", down)):
        if given is not None and whole(given, what) >= k:
            raise GeneratorError(f"{what}: a leaf of radix {k} has {k - 1} ports for it at most; got {given}")
    if down is None:
        # Of k ports k r / (1 + r) may go down; rounding may take one more off.
        most = math.floor(k * r / (1 + r) + ROUNDING) if up is None else min(k - up, math.floor(r * up + ROUNDING))
        if up is None and most + _up(most, r) > k:
            most -= 1
        down = most // block * block
    if not down:
        return None
    up = _up(down, r) if up is None else up
    if up + down > k:
        raise GeneratorError(f"up, down: a leaf of radix {k} has no {up} ports up and {down} down")
    return Leaf(up, down)


def _up(down: int, ratio: float) -> int:
    return max(1, math.ceil(down / ratio - ROUNDING))


def _ratio(given: float, radix: int) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not (number and math.isfinite(given) and given > 0):
        raise GeneratorError(
            f"oversubscription: a ratio down : up above 0 is needed, such as 1 (non-blocking) or 3; got {given!r}"
        )
    if not 1 / (radix - 1) <= given * (1 + ROUNDING) or given > (radix - 1) * (1 + ROUNDING):
        raise GeneratorError(
            f"oversubscription: {given:g} is none that the {radix} ports of a switch can have; "
            f"at most {radix - 1} and at least {1 / (radix - 1):.3g} do"
        )
    return float(given)


def chosen(
    radix: int,
    oversubscription: float,
    endpoints: int | None,
    room: Callable[[Leaf], int],
    *,
    block: int,
    up: int | None = None,
    down: int | None = None,
) -> tuple[Leaf, int]:
    """Return the ports of a leaf and the endpoints of a tree that has ``room`` for so many of such leaves.

    A leaf holds whole hosts of ``block`` endpoints where it can hold one.  A full 1 : 1 tree uses all its ports
    instead, and one that is fuller than whole hosts allow.

    Raises GeneratorError for more endpoints than fit.
    """
    all_ports = leaf_ports(radix, oversubscription, up=up, down=down)
    hosts = leaf_ports(radix, oversubscription, block=block, up=up, down=down)
    assert all_ports is not None, "a ratio that a switch can have leaves a port down"
    plain = oversubscription == 1 and up is None
    full = all_ports if hosts is None or plain else hosts
    n = populated(endpoints, room(full) * full.down)
    leaf = hosts if hosts is not None and n <= room(hosts) * hosts.down else full
    return leaf, n


def bundled(cables: int, least: int) -> int:
    """Return the fewest switches, at least ``least``, that ``cables`` up-cables reach in equal bundles: a divisor.

    >>> [bundled(32, least) for least in (1, 5, 9, 32)]
    [1, 8, 16, 32]
    """
    return next(n for n in range(max(least, 1), cables + 1) if cables % n == 0)


def spines_for(leaves: int, up: int, ports: int, given: int | None) -> int:
    """Return the spines above ``leaves`` leaves with ``up`` cables each, where a spine has ``ports`` ports down.

    Raises GeneratorError for a ``given`` number that the ports do not allow.
    """
    least = -(-leaves * up // ports)
    if given is None:
        return bundled(up, least)
    if not least <= whole(given, "spines") <= up:
        raise GeneratorError(
            f"spines: {leaves} leaves of {up} up-cables each need {least} spines or more, and reach {up} at most; "
            f"got {given}"
        )
    return given


def rails_of(wiring: str, endpoints_per_host: int) -> int:
    """Return how many rails a network is wired in: one with ``host`` wiring.

    Raises GeneratorError for a wiring that is neither ``host`` nor ``rail``.
    """
    if wiring not in ("host", "rail"):
        raise GeneratorError(f"wiring: {wiring!r} is unknown; known: host, rail")
    return whole(endpoints_per_host, "endpoints_per_host") if wiring == "rail" else 1


def whole_hosts(endpoints: int, rails: int) -> int:
    """Return endpoints a rail.

    Raises GeneratorError where the rails would not be equally long.
    """
    if endpoints % rails:
        below = endpoints - endpoints % rails
        raise GeneratorError(
            f"wiring=rail needs whole hosts: {endpoints} endpoints of a plane are no multiple of the {rails} that "
            f"a host has there; {f'{below} or ' if below else ''}{below + rails} are"
        )
    return endpoints // rails


def options(leaf: Leaf, wiring: str, **given: int | None) -> dict[str, object]:
    """Return what the name of a tree says besides its radix: its own oversubscription, and what was asked for."""
    tapered: dict[str, object] = {} if leaf.up == leaf.down else {"r": leaf.down / leaf.up}
    asked = {key: value for key, value in given.items() if value is not None}
    return tapered | ({} if wiring == "host" else {"wiring": wiring}) | asked
