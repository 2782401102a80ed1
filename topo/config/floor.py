"""The section ``floor`` of a study: racks and rows in words, and the media of its price book become a room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt

from topo.config.case import Case
from topo.config.nouns import book_of
from topo.cost import reaches
from topo.design.errors import DesignError
from topo.design.floor import EFFORT, Floor, floor_plan
from topo.design.room import Room, Switches
from topo.fabric import Fabric
from topo.size import Medium

Metres = Annotated[float | int, Gt(0)]


@dataclass(frozen=True)
class Asked:
    """A room, and how hard to look for what stands where."""

    room: Room
    effort: float  # [deterministic seconds]


def hall(
    *,
    racks_per_row: Annotated[int, Ge(1), "racks of a row"] = 16,
    rack_units: Annotated[int, Ge(1), "height of a rack in rack units"] = 42,
    hosts_per_rack: Annotated[
        Annotated[int, Ge(1)] | None, "hosts of a rack; without, as many as fit by height and power"
    ] = None,
    host_units: Annotated[int, Ge(1), "height of a host in rack units"] = 8,
    switch_units: Annotated[int, Ge(1), "height of a switch in rack units"] = 1,
    rack_watts: Annotated[Annotated[float | int, Gt(0)] | None, "W that a rack may draw; without, no limit"] = None,
    host_watts: Annotated[Annotated[float | int, Ge(0)] | None, "W that a host draws"] = None,
    switch_watts: Annotated[
        Annotated[float | int, Ge(0)] | None, "W that a switch draws; without, nothing is counted"
    ] = None,
    switches: Annotated[Switches, "where racks of switches stand: amid their row, or last"] = "row",
    rack_pitch: Annotated[Metres, "m from rack to rack along a row"] = 0.6,
    row_pitch: Annotated[Metres, "m from row to row"] = 2.4,
    tray: Annotated[Annotated[float | int, Ge(0)], "m from the top of a rack to the trays above it"] = 0.3,
    slack: Annotated[Annotated[float | int, Ge(0)], "m that a cable is longer than its way"] = 1.0,
    step: Annotated[Metres, "m by which lengths on sale differ: cables are rounded up to it"] = 1.0,
    lengths: Annotated[list[Metres] | None, "m on sale, such as [1, 2, 3, 5, 10, 30]; without, every step"] = None,
    copper: Annotated[Annotated[float | int, Ge(0)], "m that copper reaches, where the price book does not say"] = 2.0,
    multimode: Annotated[
        Annotated[float | int, Ge(0)], "m that multimode fibre reaches; beyond it is single-mode"
    ] = 100.0,
    effort: Annotated[
        Annotated[float | int, Ge(0)], "that the search for places may take; 0 leaves switches in their order"
    ] = EFFORT,
    copper_of_book: float | None = None,
) -> Asked:
    """Return racks in parallel rows, trays above them."""
    if not effort >= 0:
        raise DesignError(f"effort: {effort!r} must be at least 0")
    reach = {Medium.COPPER: copper if copper_of_book is None else copper_of_book, Medium.MULTIMODE: multimode}
    room = Room(
        racks_per_row=racks_per_row,
        rack_units=rack_units,
        hosts_per_rack=hosts_per_rack,
        host_units=host_units,
        switch_units=switch_units,
        rack_watts=rack_watts,
        host_watts=host_watts,
        switch_watts=switch_watts,
        switches=switches,
        rack_pitch_m=rack_pitch,
        row_pitch_m=row_pitch,
        tray_m=tray,
        slack_m=slack,
        step_m=step,
        lengths_m=lengths or (),
        reach_m=reach,
    )
    return Asked(room, effort)


def room_of(case: Case) -> Asked | None:
    """Return the room of ``case``; None where it names none.  Raises DesignError for a room that holds no device."""
    given: Mapping[str, Any] | None = case.sections.get("floor")
    if given is None:
        return None
    own = {key: value for key, value in given.items() if key != "plan"}
    book = book_of(case)
    return ROOMS[given["plan"]](**own, copper_of_book=reaches(Medium.COPPER, **book) if book else None)


def floor_of(case: Case, fabric: Fabric, *, simple: bool = False) -> Floor | None:
    """Return ``fabric`` in the racks that ``case`` asks for; None where it asks for none."""
    asked = room_of(case)
    return None if asked is None else floor_plan(fabric, asked.room, effort=asked.effort, simple=simple)


ROOMS = {"hall": hall}
