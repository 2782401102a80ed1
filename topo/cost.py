"""What a network costs: parts times prices.

A price book has one row a part: ``switch-<ports>``, ``endpoint-cable``,
``switch-cable``, ``copper-cable``, ``optical-cable`` or ``transceiver``.  A cable
is priced by where it goes if the book says so (``endpoint-cable``,
``switch-cable``), else by what it is made of; a ``transceiver`` row adds two to
every cable priced as ``optical-cable``.  A switch is the smallest one with
enough ports, whatever it leaves empty.

Limits.  Purchase prices only: no servers, NICs, racks, installation or energy,
and no scale-up network, which comes with the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from topo.size import Medium, Size, Tier, cable_row
from topo.units import from_gbps, gbps

_SWITCH = re.compile(r"switch-([1-9]\d{0,8})")
_CABLES = ("endpoint-cable", "switch-cable", "copper-cable", "optical-cable", "transceiver")
#: A speed of a book and that of a port are the same within this fraction: units were converted on the way.
_SAME_SPEED = 1e-9


class PriceError(ValueError):
    """A price book that lacks a row, or has a wrong one; the message names it."""


@dataclass(frozen=True)
class Price:
    """One row of a price book."""

    part: str  # one of the names above
    usd: float  # [USD] each
    speed_gbps: float | None = None  # [Gb/s] of a port; None fits every speed
    reach_m: float | None = None  # [m] longest distance that a cable covers
    watts: float | None = None  # [W] each; None where no source gives it
    source: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        if not (_SWITCH.fullmatch(self.part) or self.part in _CABLES):
            raise PriceError(f"part {self.part!r} is unknown; known: switch-<ports>, {', '.join(_CABLES)}")
        if not 0 <= self.usd < float("inf"):
            raise PriceError(f"{self.part}: usd {self.usd!r} must be finite and not negative")

    @property
    def ports(self) -> int:
        """Ports of a switch, 0 for other parts."""
        match = _SWITCH.fullmatch(self.part)
        return int(match[1]) if match else 0


@dataclass(frozen=True)
class PriceBook:
    """Prices of parts, under a name that goes onto every page that uses them."""

    name: str
    rows: tuple[Price, ...]
    note: str = ""

    @property
    def calibrated(self) -> bool:
        """Whether the prices were fitted to the totals of Table 3 rather than quoted."""
        return bool(self.rows) and all(row.source.startswith("calibrated to") for row in self.rows)


@dataclass(frozen=True)
class Printed:
    """A row of Table 3 of arXiv 2505.09343: a network as printed, and its cost there."""

    name: str
    size: Size
    usd: float  # [USD]
    rounding_usd: float  # [USD] half a unit of the last printed digit


def _table_3() -> Iterator[Printed]:
    spine, core, local, far = Tier.LEAF_SPINE, Tier.SPINE_CORE, Tier.LOCAL, Tier.GLOBAL
    counted: tuple[tuple[str, int, int, dict[Tier, int], float], ...] = (
        ("FT2", 2_048, 96, {spine: 2_048}, 9e6),
        ("MPFT", 16_384, 768, {spine: 16_384}, 72e6),
        ("FT3", 65_536, 5_120, {spine: 65_536, core: 65_536}, 491e6),
        ("SF", 32_928, 1_568, {local: 10_976, far: 21_952}, 146e6),
        ("DF", 261_632, 16_352, {local: 253_456, far: 130_816}, 1_522e6),
    )
    for name, endpoints, switches, tiers, usd in counted:
        rows = (cable_row(tier, n) for tier, n in ({Tier.ENDPOINT: endpoints} | tiers).items())
        cables = tuple(row for pair in rows for row in pair)
        yield Printed(name, Size(name, endpoints, switches, 64, cables), usd, 0.5e6)


#: The five networks that the paper prices, all of 64-port 400G switches.
TABLE_3 = tuple(_table_3())
TABLE_3_CAPACITY = from_gbps(400)  # [B/s]


def bill(size: Size, prices: PriceBook, *, capacity: float) -> dict[str, Any]:
    """Return what the parts of ``size`` cost and draw, with switch ports of ``capacity`` [B/s].

    Keys: price_book, cost_usd, cost_per_endpoint_usd (None without endpoints), watts (None
    unless every part has a sourced value), cost_parts (a list of part, count, usd_each, usd,
    watts_each, watts, source, date, note), and for a calibrated book cost_residuals.

    Raises PriceError that names the row which ``prices`` lacks.
    """
    parts = [_part(price, n, size.radix) for price, n in _counted(size, prices, capacity).items()]
    usd = sum(part["usd"] for part in parts)
    drawn = [part["watts"] for part in parts]
    result = {
        "price_book": prices.name,
        "cost_usd": usd,
        "cost_per_endpoint_usd": usd / size.endpoints if size.endpoints else None,
        "watts": None if None in drawn else sum(drawn),
        "cost_parts": parts,
    }
    if prices.calibrated:
        with suppress(PriceError):  # a book made from a calibrated one may lack the parts of Table 3
            result["cost_residuals"] = residuals(prices)
    return result


def residuals(prices: PriceBook) -> list[dict[str, Any]]:
    """Return for each row of Table 3 what ``prices`` gives against what the paper prints.

    No linear model in switches, endpoint cables and switch cables meets all five printed
    costs within their rounding; ``within_rounding`` says which are met.
    """
    rows = []
    for row in TABLE_3:
        usd = sum(price.usd * n for price, n in _counted(row.size, prices, TABLE_3_CAPACITY).items())
        rows.append(
            {
                "network": row.name,
                "computed_usd": usd,
                "printed_usd": row.usd,
                "residual": usd / row.usd - 1,
                "within_rounding": abs(usd - row.usd) <= row.rounding_usd,
            }
        )
    return rows


def _counted(size: Size, prices: PriceBook, capacity: float) -> dict[Price, int]:
    """Return how many of each row of ``prices`` the network takes."""
    speed = gbps(capacity)
    offer = _at_speed(prices, speed)
    where = f"price book {prices.name} at {speed:g} Gb/s"
    counts = {_switch(offer, size.radix, where): size.switches} if size.switches else {}
    for tier, medium, n in size.cables:
        for price, each in _cable(offer, tier, medium, where):
            counts[price] = counts.get(price, 0) + each * n
    return counts


def _at_speed(prices: PriceBook, speed_gbps: float) -> list[Price]:
    """Return the rows for ports of this speed, before the rows that fit every speed."""
    exact = [p for p in prices.rows if p.speed_gbps and abs(p.speed_gbps / speed_gbps - 1) < _SAME_SPEED]
    offer = exact + [p for p in prices.rows if p.speed_gbps is None]
    if not offer:
        speeds = ", ".join(f"{speed:g}" for speed in sorted({p.speed_gbps or 0.0 for p in prices.rows})) or "none"
        raise PriceError(
            f"price book {prices.name} has no rows for {speed_gbps:g} Gb/s; its speeds: {speeds}. "
            "Add rows with that speed_gbps, or leave speed_gbps empty to fit every speed"
        )
    return offer


def _switch(offer: list[Price], radix: int, where: str) -> Price:
    enough = [p for p in offer if p.ports >= radix and p.ports]
    if not enough:
        sold = ", ".join(p.part for p in offer if p.ports) or "none"
        raise PriceError(
            f"{where} lacks a row switch-{radix} or larger: a switch here needs {radix} ports; it has {sold}"
        )
    return min(enough, key=lambda p: p.ports)


def _cable(offer: list[Price], tier: Tier, medium: Medium, where: str) -> Iterator[tuple[Price, int]]:
    if tier == Tier.SCALE_UP:
        return
    by_tier = "endpoint-cable" if tier == Tier.ENDPOINT else "switch-cable"
    by_medium = "optical-cable" if medium.optical else f"{medium.name.lower()}-cable"
    price = _find(offer, by_tier) or _find(offer, by_medium)
    if price is None:
        raise PriceError(f"{where} lacks a row {by_medium} or {by_tier} for {tier.label} cables; add one of the two")
    yield price, 1
    transceiver = _find(offer, "transceiver")
    if price.part == "optical-cable" and transceiver:
        yield transceiver, 2


def _find(offer: list[Price], part: str) -> Price | None:
    """Return the row of the longest reach: without a floor plan only that one always suffices."""
    rows = [p for p in offer if p.part == part]
    return max(rows, key=lambda p: (p.speed_gbps is not None, p.reach_m or 0.0), default=None)


def _larger(price: Price, radix: int) -> str | None:
    """Return what to say of a switch that has more ports than are needed; None of anything else."""
    if not price.ports or price.ports <= radix:
        return None
    return f"{radix} ports are needed; the smallest switch in the book with as many has {price.ports}"


def _part(price: Price, count: int, radix: int) -> dict[str, Any]:
    return {
        "note": _larger(price, radix),
        "part": price.part,
        "count": count,
        "usd_each": price.usd,
        "usd": count * price.usd,
        "watts_each": price.watts,
        "watts": None if price.watts is None else count * price.watts,
        "source": price.source,
        "date": price.date,
    }
