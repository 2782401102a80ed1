"""The space: every network of the families that the switches on offer can make, sized in closed form.

A parameter says itself how it is sought (``topo.parameters.Sought``): by the ports of switches on offer, through every
value, in whole hosts, as the least that holds the endpoints, or by how hosts are placed.  One that must be given and
says nothing goes through every value; all others stay at their defaults, unless values are given for them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from topo.cost import PriceBook, bill
from topo.generators import FAMILIES, GeneratorError, size_of
from topo.parameters import annotation_of, choices, sought
from topo.size import Size
from topo.units import gbps

#: Speeds are the same within this fraction: units were converted on the way.
_SAME = 1e-9


class Switch(NamedTuple):
    """A switch on offer."""

    ports: int
    capacity: float | None  # [B/s] of a port; None fits every speed


class Form(NamedTuple):
    """How NICs meet planes."""

    planes: int
    nic: str


@dataclass(frozen=True)
class Space:
    """What a network may be made of."""

    endpoints: int
    switches: tuple[Switch, ...]
    capacity: float  # [B/s] of a NIC, all its ports together
    forms: tuple[Form, ...] = (Form(1, "single-plane"),)
    families: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=lambda: {name: {} for name in FAMILIES})
    endpoints_per_host: int = 8
    scale_up_domain: int | None = None
    prices: PriceBook | None = None


class Part(NamedTuple):
    """A line of a candidate's bill."""

    name: str
    number: int
    usd: float  # [USD] of one


@dataclass(frozen=True)
class Candidate:
    """A network with its facts: those in closed form, and what was measured."""

    family: str
    params: Mapping[str, Any]  # of the family, with planes and nic
    capacity: float  # [B/s] of a switch port
    size: Size
    facts: Mapping[str, Any]
    parts: tuple[Part, ...] = ()  # of the bill; () where a price is missing
    bounded: frozenset[str] = frozenset()  # facts that are only the best that is possible, and miss a need
    label: str = ""  # what whoever asked calls it

    @property
    def name(self) -> str:
        """The network as whoever asked calls it, else as its family does."""
        return self.label or self.size.name


def candidates(space: Space) -> Iterator[Candidate]:
    """Yield every network of ``space``, those that hold too few endpoints too: full, to say how many they hold."""
    for form in space.forms:
        capacity = space.capacity / (form.planes if form.nic == "multi-port" else 1)
        ports = sorted({s.ports for s in space.switches if _fits(s, capacity)})
        for family, values in space.families.items() if ports else ():
            yield from _of_family(space, family, _axes(space, family, values, form, ports), form, capacity)


def _fits(switch: Switch, capacity: float) -> bool:
    return switch.capacity is None or abs(switch.capacity / capacity - 1) < _SAME


def _of_family(space: Space, family: str, axes: _Axes, form: Form, capacity: float) -> Iterator[Candidate]:
    common: dict[str, Any] = {"endpoints_per_host": space.endpoints_per_host, "scale_up_domain": space.scale_up_domain}
    common |= form._asdict()

    def sized(own: Mapping[str, Any], endpoints: int | None = None) -> Size | None:
        return _sized(family, dict(own), common | {"endpoints": endpoints}, axes.most)

    for params in _points(axes, lambda own: size_of(family, **own, **common).radix > axes.most):
        if axes.least:
            params[axes.least] = _least(params, axes, sized, space.endpoints)
        size = sized(params)
        if size is None or not size.buildable:
            continue
        if size.endpoints > space.endpoints:
            size = sized(params, space.endpoints)
        if size is not None:
            yield candidate(family, params | form._asdict(), size, space.prices, capacity)


def _points(axes: _Axes, too_large: Callable[[dict[str, Any]], bool]) -> Iterator[dict[str, Any]]:
    """Yield the parameters less the least one; where a switch is too large no higher ones, for it only grows."""
    names = list(axes.values)
    rising = [name for name in names if isinstance(axes.values[name], range) and axes.least]
    if not rising:
        points = (dict(zip(names, point, strict=True)) for point in product(*axes.values.values()))
        yield from (own for point in points if (own := _whole(point)))
        return
    others = [name for name in names if name not in rising]
    for point in product(*(axes.values[name] for name in others)):
        yield from _rising(dict(zip(others, point, strict=True)), rising, axes, too_large)


def _rising(
    fixed: dict[str, Any], rising: list[str], axes: _Axes, too_large: Callable[[dict[str, Any]], bool]
) -> Iterator[dict[str, Any]]:
    first, *rest = rising
    for value in axes.values[first]:
        own = fixed | {first: value}
        lowest = _whole(own | {name: axes.values[name][0] for name in rest} | {axes.least: 1})
        if lowest is None:
            continue
        try:
            large = too_large(lowest)
        except GeneratorError:
            large = False  # no network has these, higher ones may
        if large:
            return
        yield from _rising(own, rest, axes, too_large) if rest else [{name: lowest[name] for name in own}]


def _whole(own: dict[str, Any]) -> dict[str, Any] | None:
    """Return ``own`` with shares as the numbers that they are; None where one is no whole number."""
    found = {key: own[value.of] * value.share if isinstance(value, _Share) else value for key, value in own.items()}
    shares = [key for key, value in own.items() if isinstance(value, _Share)]
    if any(found[key] != int(found[key]) for key in shares):
        return None
    return found | {key: int(found[key]) for key in shares}


class _Share(NamedTuple):
    """A value that is a share of another parameter."""

    of: str
    share: float


class _Axes(NamedTuple):
    """How the parameters of a family are sought."""

    values: Mapping[str, Sequence[Any]]
    least: str  # the one that is as small as holds the endpoints; empty where none is
    most: int  # ports of the largest switch


def _axes(space: Space, family: str, values: Mapping[str, Sequence[Any]], form: Form, ports: list[int]) -> _Axes:
    host = max(1, space.endpoints_per_host // (form.planes if form.nic == "single-plane" else 1))
    plan, axes, least = FAMILIES[family].plan, dict(values), ""
    ways: dict[str, Sequence[Any]] = {
        "ports": ports,
        "all": range(1, ports[-1] + 1),
        "hosts": range(host, ports[-1], host) or range(1, ports[-1]),
    }
    for name, parameter in inspect.signature(plan).parameters.items():
        said = sought(annotation_of(parameter, plan))
        how = said.how if said else "all" if parameter.default is parameter.empty else ""
        if name in axes or not how:
            continue
        if how == "least":
            least = name
        elif said and how == "shares":
            axes[name] = [_Share(said.of, share) for share in said.shares]
        elif how == "placing":
            axes[name] = choices(annotation_of(parameter, plan))[: None if host > 1 else 1]
        else:
            axes[name] = ways[how]
    return _Axes(axes, least, ports[-1])


def _least(params: dict[str, Any], axes: _Axes, sized: Callable[[dict[str, Any]], Size | None], endpoints: int) -> int:
    """Return the least value of ``axes.least`` that holds the endpoints, else the largest that there is; 0 for none.

    Endpoints mostly grow in proportion to it, which is tried before the search by halves.
    """
    first = sized(params | {axes.least: 1})
    if first is None:
        return 0
    low, high = 1, axes.most**2 + 2
    if first.endpoints and (guess := math.ceil(endpoints / first.endpoints)) < high:
        size, below = sized(params | {axes.least: guess}), sized(params | {axes.least: max(1, guess - 1)})
        if size is not None and size.endpoints >= endpoints and (guess == 1 or (below and below.endpoints < endpoints)):
            return guess
    while low < high:  # to the first value that holds the endpoints, or that no network has
        middle = (low + high) // 2
        size = sized(params | {axes.least: middle})
        low, high = (low, middle) if size is None or size.endpoints >= endpoints else (middle + 1, high)
    return low if sized(params | {axes.least: low}) else low - 1


def _sized(family: str, params: dict[str, Any], common: dict[str, Any], most: int) -> Size | None:
    """Return the full network of ``params``; None where there is none of ``most`` ports a switch."""
    try:
        size = size_of(family, **params, **common)
    except GeneratorError:
        return None
    return size if size.radix <= most else None


def candidate(
    family: str, params: Mapping[str, Any], size: Size, prices: PriceBook | None, capacity: float, *, label: str = ""
) -> Candidate:
    """Return the network of ``params`` with all that is known of its ``size``, ports of ``capacity`` [B/s]."""
    keys = ("endpoints", "switches", "switch_links", "endpoint_links", "transceivers", "spare_ports")
    facts: dict[str, Any] = {key: getattr(size, key) for key in (*keys, "radix", "planes", "diameter")}
    facts |= {"bisection_per_endpoint": size.bisection}
    facts |= {"oversubscription": max(size.oversubscription.values(), default=1.0)}
    parts: tuple[Part, ...] = ()
    if prices is not None:
        priced = bill(size, prices, capacity=capacity)
        facts |= {key: priced[key] for key in ("cost_usd", "cost_per_endpoint_usd", "watts")}
        if priced["cost_usd"] is not None:
            parts = tuple(Part(row["part"], row["count"], row["usd_each"]) for row in priced["cost_parts"])
    return Candidate(family, params, capacity, size, facts | {"port_gbps": gbps(capacity)}, parts, label=label)
