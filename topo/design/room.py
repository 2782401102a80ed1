"""The room: racks in rows, what fits into a rack, and where racks of switches stand.

Rows run in x, ``rack_pitch_m`` from rack to rack; the next row is ``row_pitch_m`` on in y::

    row 2   h h h h S S h h h h      switches "row": in the middle of theirs
    row 1   h h h h h h h h S S      switches "end-of-row"
            x ->

Cables rise to trays above the racks, run along and across the rows, and come down again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from topo.design.errors import DesignError
from topo.size import Medium

#: Height of a rack unit [m]: 1.75 inches (EIA-310-E).
UNIT_M = 0.04445
#: A way is as long as a length on sale within this fraction: it is a sum of pitches.
_SAME = 1e-9
#: Where racks of switches stand: amid their row, or last in it.
Switches = Literal["row", "end-of-row"]


@dataclass(frozen=True)
class Room:
    """Racks and rows; heights are in rack units of ``UNIT_M``."""

    racks_per_row: int = 16
    rack_units: int = 42
    hosts_per_rack: int | None = None  # None: as many as fit by height and power
    host_units: int = 8
    switch_units: int = 1
    rack_watts: float | None = None  # [W] that a rack may draw; None: no limit
    host_watts: float | None = None  # [W]
    switch_watts: float | None = None  # [W]
    switches: Switches = "row"
    rack_pitch_m: float = 0.6
    row_pitch_m: float = 2.4
    tray_m: float = 0.3  # of the trays above the racks
    slack_m: float = 1.0  # of a cable, both its ends together
    step_m: float = 1.0  # cables are bought in lengths of this step
    lengths_m: Sequence[float] = ()  # or in these alone; empty: every step
    reach_m: Mapping[Medium, float] = field(default_factory=dict)  # longest cable of a medium; None of it: any

    def __post_init__(self) -> None:
        _check_signs(self)
        for word, units in (("host", self.host_units), ("switch", self.switch_units)):
            if units > self.rack_units:
                raise DesignError(f"{word}_units: a {word} of {units} units does not fit a rack of {self.rack_units}")
        if self.rack_watts is not None and self.host_watts is None:
            raise DesignError("rack_watts needs host_watts: what one host draws, such as 10200")
        most = self._fit(self.host_units, self.host_watts)
        if not most or (self.hosts_per_rack is not None and self.hosts_per_rack > most):
            given = "a host" if self.hosts_per_rack is None else f"hosts_per_rack: {self.hosts_per_rack}"
            raise DesignError(f"{given} of {self._said(self.host_units, self.host_watts)}; {most} fit")
        if not self.switches_per_rack:
            raise DesignError(f"a switch of {self._said(self.switch_units, self.switch_watts)}; none fits")

    def _said(self, units: int, watts: float | None) -> str:
        drawn = "" if self.rack_watts is None else f" and {watts or 0:,.0f} W in {self.rack_watts:,.0f} W"
        return f"{units} units in {self.rack_units}{drawn}"

    @property
    def hosts_in_a_rack(self) -> int:
        """Hosts that a rack holds."""
        return self.hosts_per_rack or self._fit(self.host_units, self.host_watts)

    @property
    def switches_per_rack(self) -> int:
        """Switches that a rack of switches holds."""
        return self._fit(self.switch_units, self.switch_watts)

    def _fit(self, units: int, watts: float | None) -> int:
        by_height = self.rack_units // units
        return by_height if self.rack_watts is None or not watts else min(by_height, int(self.rack_watts // watts))

    def bought(self, way_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the length on sale for each way [m], which is as long or longer; nan stays.

        Raises DesignError for a way that is longer than any length.
        """
        if not self.lengths_m:
            return np.asarray(np.ceil(way_m / self.step_m * (1 - _SAME)) * self.step_m)
        sold = np.sort(np.array(self.lengths_m, dtype=float))
        longest = float(np.nanmax(way_m, initial=0.0))
        if longest * (1 - _SAME) > sold[-1]:
            raise DesignError(f"lengths: a cable goes {longest:.1f} m; the longest on sale has {sold[-1]:g} m")
        return np.where(np.isnan(way_m), np.nan, sold[np.searchsorted(sold, np.nan_to_num(way_m) * (1 - _SAME))])

    def medium(self, length_m: float) -> Medium:
        """Return copper where it reaches, then multimode, else single-mode."""
        tried = (Medium.COPPER, Medium.MULTIMODE)
        return next((one for one in tried if length_m <= self.reach_m.get(one, 0.0)), Medium.SINGLEMODE)


#: What must be above 0, and what may be 0; those that are not stated are neither.
_POSITIVE = (
    "racks_per_row", "rack_units", "hosts_per_rack", "host_units", "switch_units", "rack_watts", "rack_pitch_m",
    "row_pitch_m", "step_m",
)  # fmt: skip
_NOT_NEGATIVE = ("host_watts", "switch_watts", "tray_m", "slack_m")


def _check_signs(room: Room) -> None:
    for key in (*_POSITIVE, *_NOT_NEGATIVE):
        value = getattr(room, key)
        if value is not None and not (value > 0 or (value == 0 and key in _NOT_NEGATIVE)):
            raise DesignError(
                f"{key.removesuffix('_m')}: {value!r} must be {'above' if key in _POSITIVE else 'at least'} 0"
            )
    if room.switches not in get_args(Switches):
        raise DesignError(f"switches: {room.switches!r} is none of {', '.join(get_args(Switches))}")
    if any(not length > 0 for length in room.lengths_m):
        raise DesignError(f"lengths: {list(room.lengths_m)} must be above 0")
    for medium, reach in room.reach_m.items():
        if not reach >= 0:
            raise DesignError(f"{medium.name.lower()}: {reach!r} must be at least 0")


@dataclass(frozen=True, eq=False)
class Places:
    """Where racks stand, those of hosts first: row, column and metres."""

    row: NDArray[np.int64]  # (R,)
    column: NDArray[np.int64]  # (R,)
    hosts: int  # racks of hosts; the others are of switches

    def metres(self, room: Room) -> NDArray[np.float64]:
        """Return (R, 2) where the middle of each rack is [m]."""
        return np.stack([self.column * room.rack_pitch_m, self.row * room.row_pitch_m], axis=1)


def places(room: Room, hosts: int, switches: int) -> Places:
    """Return where as many racks of hosts and of switches stand: rows from the first, full but for the last.

    Racks of switches are spread evenly over the rows, in the middle of each or at its end.
    """
    width = room.racks_per_row
    rows = -(-(hosts + switches) // width)
    of_row = np.diff(np.arange(rows + 1) * switches // rows) if rows else np.zeros(0, dtype=np.int64)
    taken = np.zeros((rows, width), dtype=bool)
    for row, n in enumerate(of_row.tolist()):
        start = (width - n) // 2 if room.switches == "row" else width - n
        taken[row, start : start + n] = True
    free = np.argwhere(~taken)[:hosts]
    stand = np.concatenate([free, np.argwhere(taken)])
    return Places(stand[:, 0], stand[:, 1], hosts)
