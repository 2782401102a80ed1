"""Price books: one row a part, under a name that goes onto every page that uses them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SWITCH = re.compile(r"switch-([1-9]\d{0,8})")
_CABLES = ("endpoint-cable", "switch-cable", "copper-cable", "optical-cable", "transceiver", "nic")


class PriceError(ValueError):
    """A price book with a wrong row; the message names it."""


@dataclass(frozen=True)
class Price:
    """One row of a price book."""

    part: str  # one of the names above
    usd: float | None  # [USD] each; None where no source gives it
    speed_gbps: float | None = None  # [Gb/s] of a port; None fits every speed
    reach_m: float | None = None  # [m] longest distance that a cable covers
    watts: float | None = None  # [W] each; None where no source gives it
    source: str = ""
    date: str = ""
    breakout: int = 1  # ports of speed_gbps / breakout that one port serves

    def __post_init__(self) -> None:
        if not (_SWITCH.fullmatch(self.part) or self.part in _CABLES):
            raise PriceError(f"part {self.part!r} is unknown; known: switch-<ports>, {', '.join(_CABLES)}")
        if self.usd is not None and not 0 <= self.usd < float("inf"):
            raise PriceError(f"{self.part}: usd {self.usd!r} must be finite and not negative")

        if self.breakout < 1 or (self.breakout > 1 and self.speed_gbps is None):
            raise PriceError(
                f"{self.part}: breakout {self.breakout} must be a whole number of at least 1, and needs a speed_gbps"
            )

    @property
    def ports(self) -> int:
        """Ports of a switch as its part names them, 0 for other parts."""
        match = _SWITCH.fullmatch(self.part)
        return int(match[1]) if match else 0

    @property
    def serves(self) -> int:
        """Ports of a switch at the speed that it breaks out to; 0 for other parts."""
        return self.ports * self.breakout

    @property
    def at_gbps(self) -> float | None:
        """Speed of a port that it serves [Gb/s]; None fits every speed."""
        return None if self.speed_gbps is None else self.speed_gbps / self.breakout


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
