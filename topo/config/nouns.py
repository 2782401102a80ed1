"""From the words of a case to the nouns of the house: its size, its fabric, its demand, its price book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from topo import generators, units
from topo.config.case import SECTIONS
from topo.config.errors import ConfigError
from topo.config.fabrics import FromFile
from topo.config.hardware import efficiency_of, latencies, packet
from topo.config.keys import FABRIC_KEYS, NONE
from topo.lazy import numpy as np
from topo.size import Tier

if TYPE_CHECKING:
    from topo.config.case import Case
    from topo.cost import PriceBook, Run
    from topo.fabric import Fabric
    from topo.routing.tables import Tables
    from topo.size import Size
    from traffic.demand import Demand, GroupedDemand


class Book(TypedDict):
    """What ``bill`` takes beside a Size."""

    prices: PriceBook
    capacity: float  # [B/s] of a switch port


def size_of(case: Case) -> Size:
    """Return the parts list of the intact network of ``case``, in closed form.

    Raises GeneratorError for values that no network has, ConfigError for a file that holds none.
    """
    if (entry := _file(case)) is not None:
        return entry.fabric(case.fabric, case.files).size
    return generators.size_of(**_plan(case.fabric))


def fabric_of(case: Case, *, symmetry: bool = True) -> Fabric:
    """Return the network of ``case``, as the sections that act on it leave it.

    Raises GeneratorError for what cannot be built, ConfigError for a file that cannot be used.
    """
    return _acted_on(case, _of_file(case) or _generated(case, symmetry=symmetry))


class Facts(NamedTuple):
    """What is asked of a network before it is built; a file states it, words do of a family."""

    per_host: int  # endpoints of the fullest host
    per_domain: int  # endpoints of the fullest scale-up network
    planes: int
    multi_port: bool  # whether endpoints have ports on several planes
    relay: str
    capacity: float  # [B/s] of a switch port; the most common one of a file


def facts_of(case: Case) -> Facts:
    """Return the facts of the network of ``case``.  Raises ConfigError for a file that holds none."""
    given, built = case.fabric, _of_file(case)
    if built is None:
        host = given["endpoints_per_host"]
        multi_port = given["nic"] == "multi-port"
        return Facts(
            host,
            given["scale_up_domain"] or host,
            given["planes"],
            multi_port,
            given["relay"],
            units.rate(given["rate"]),
        )
    network = built.tier != Tier.SCALE_UP
    rates, count = np.unique(built.capacity[network], return_counts=True)
    port = units.rate(given["rate"]) if given["rate"] else float(rates[np.argmax(count)])
    several = bool((built.plane[: built.n_endpoints] < 0).any())
    return Facts(built.endpoints_per_host, built.endpoints_per_domain, built.n_planes, several, built.relay, port)


def _file(case: Case) -> FromFile | None:
    entry = SECTIONS["fabric"].registry[case.fabric[SECTIONS["fabric"].word]]
    return entry if isinstance(entry, FromFile) else None


def _of_file(case: Case) -> Fabric | None:
    """Return the fabric that the file of ``case`` holds; None for a family."""
    entry = _file(case)
    return None if entry is None else entry.fabric(case.fabric, case.files)


def _generated(case: Case, *, symmetry: bool) -> Fabric:
    given = case.fabric
    speeds: dict[str, Any] = {
        "capacity": units.rate(given["rate"]),
        "nic_capacity": None if given["nic_rate"] is None else units.rate(given["nic_rate"]),
        **latencies(given["hardware"], case.files),
        "packet": packet(given["hardware"], case.files),
    }
    return generators.generate(**_plan(given), **speeds, relay=given["relay"], symmetry=symmetry)


def _acted_on(case: Case, built: Fabric) -> Fabric:
    for key, section in SECTIONS.items():
        words = case.sections[key] if section.on_fabric else None
        if words is not None:
            own = {name: value for name, value in words.items() if name != section.word}
            built = section.function(words[section.word])(built, **own)
    return built


def routing_of(case: Case, fabric: Fabric) -> dict[str, Any]:
    """Return what ``route`` takes for the routing of ``case``: policy and parameters, files in the nouns they hold.

    Raises ConfigError for forwarding tables that are not those of ``fabric``.
    """
    given = dict(case.routing)
    if given.get("tables") is not None:
        from topo.formats import TABLES, FormatError, reader

        text, shown = case.files.read("tables", given["tables"])
        try:
            given["tables"] = reader(TABLES, text, shown).function("read")(text, shown, fabric)
        except FormatError as error:
            raise ConfigError(str(error)) from None
    return given


def solving_of(case: Case) -> dict[str, Any]:
    """Return what ``solve`` takes for ``case``: solver and parameters, files in the nouns they hold.

    Raises ConfigError for a file that states no efficiency.
    """
    given = dict(case.solve)
    if given.get("efficiency") is not None:
        given["efficiency"] = efficiency_of(given["efficiency"], case.files)
    return given


def tables_of(case: Case, fabric: Fabric) -> Tables:
    """Return the forwarding tables by which ``case`` routes: of a file, or by the position of the destination.

    Raises RoutingError for a policy that has none.
    """
    from topo.routing.operator import RoutingError  # which loads a compiler that building needs not
    from topo.routing.tables import by_position

    given = routing_of(case, fabric)
    if "tables" not in given:
        raise RoutingError(f"policy {given['policy']!r} has no forwarding tables; one that has: static")
    return given["tables"] or by_position(fabric)


def demand_of(case: Case, fabric: Fabric) -> Demand | GroupedDemand:
    """Return the traffic of ``case`` between the endpoints of ``fabric``.

    Raises DemandError where the pattern cannot be had there, ConfigError for a file.
    """
    from topo.config.patterns import offered  # these look at graphs, which what builds a fabric need not load

    who: dict[str, Any] = {"n_ranks": fabric.n_endpoints, "ranks_per_host": fabric.endpoints_per_host}
    who["ranks_per_domain"] = fabric.endpoints_per_domain
    who |= placed_of(case)
    return offered(case.traffic or {}, **who, files=case.files, fabric=fabric)


def placed_of(case: Case) -> dict[str, Any]:
    """Return the placement of the jobs of ``case`` and its planes, as keywords; no placement where none is stated."""
    facts = facts_of(case)
    return {"placed": case.sections.get("placement"), "planes": 0 if facts.multi_port else facts.planes}


def names_of(case: Case) -> list[str] | None:
    """Return the host of each endpoint as the file of ``case`` calls it; None where hosts have numbers alone."""
    from topo.config.patterns import host_names

    built = _of_file(case)
    return None if built is None else host_names(built)


def book_of(case: Case) -> Book | None:
    """Return the prices of ``case`` and the capacity that its switch ports are bought with; None without prices.

    Raises ConfigError for a price book that cannot be used.
    """
    if case.cost is None:
        return None
    from topo.config import prices

    return Book(prices=prices.load(case.cost["prices"], case.files), capacity=facts_of(case).capacity)


def bill_of(case: Case, size: Size, runs: Sequence[Run] = ()) -> dict[str, Any]:
    """Return what the parts of ``size`` cost, by part and in all; nothing where the case names no price book.

    ``runs`` say how long its cables are, where a floor plan does.

    Raises ConfigError for a price book that cannot be used.
    """
    book = book_of(case)
    if book is None:
        return {}
    from topo.cost import bill

    return bill(size, **book, runs=runs)


def _plan(fabric: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the size depends on; ``scale_up`` in B/s."""
    own = {key: value for key, value in fabric.items() if key not in FABRIC_KEYS}
    common = {key: fabric[key] for key in ("planes", "nic", "endpoints", "endpoints_per_host", "scale_up_domain")}
    return own | common | {"scale_up": None if fabric["scale_up"] == NONE else units.rate(fabric["scale_up"])}
