"""The five networks that arXiv 2505.09343 prices in its Table 3, as printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from topo.size import Size, Tier, cable_row
from topo.units import from_gbps


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
