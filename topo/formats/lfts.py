"""Forwarding tables of InfiniBand: as ``dump_lfts`` and ``ibroute`` print them, and OpenSM dumps and loads them.

Three writings of one thing, a port for each local identifier and switch::

    Unicast lids [0x0-0x50] of switch DR path slid 0; dlid 0; 0,9,8 guid 0x0000000000200007 (leaf7):
    0x0002 009 : (Channel Adapter portguid 0x0000000000100001: 'host0')      dump_lfts, ibroute

    Unicast lids [0-80] of switch Lid 1 guid 0x0000000000200000 ('leaf0'):
    0x0002 001 # Channel Adapter portguid 0x0000000000100001: 'host0'        opensm-lfts.dump, -R file

    dump_ucast_routes: Switch 0x0000000000200000
    0x0002 : 001  : 01   : yes                                               opensm.fdbs

Switches are found by GUID, destinations by the GUID of their port where the file tells it, else by LID.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from topo.fabric import Fabric, NodeKind
from topo.formats.errors import FormatError
from topo.formats.labels import source_of
from topo.formats.ports import guids, port_numbers, telling_names
from topo.formats.text import fail, lines
from topo.routing.tables import Tables, ports_of

_SWITCH = re.compile(
    r"(?:Unicast lids .*? of switch .*?guid|dump_ucast_routes: Switch) 0x([0-9a-fA-F]{1,16})\b.*", re.IGNORECASE
)
_ROW = re.compile(r"0x([0-9a-fA-F]{1,4})\s*:?\s*(\d{1,3}|UNREACHABLE)\b(.*)")
_PASSED = re.compile(
    r"\d+ (?:valid )?lids dumped.*|Lid\s+Out\s+Destination|Port\s+Info|LID\s*: Port.*|#.*|\*\*\*.*|lid .*"
)
_PORT_GUID = re.compile(r"portguid 0x([0-9a-fA-F]{1,16})")
#: Largest unicast LID (IBTA vol. 1, 4.1.3).
MOST_LIDS = 0xBFFF
#: Port of an entry that leads nowhere.
NO_PORT = 255


@dataclass
class Listed:
    """Tables as a file lists them."""

    ports: dict[int, dict[int, int]] = field(default_factory=dict)  # GUID of a switch -> LID -> port
    guid: dict[int, int] = field(default_factory=dict)  # LID -> GUID of the port that has it


def listed(text: str, shown: str) -> Listed:
    """Return the tables that a text lists.  Raises FormatError, with the line, for what lists none."""
    found = Listed()
    here: dict[int, int] | None = None
    for number, raw in lines(text, shown):
        line = raw.strip()
        if match := _SWITCH.fullmatch(line):
            here = found.ports.setdefault(int(match[1], 16), {})
        elif match := _ROW.match(line):
            if here is None:
                fail(shown, number, "an entry before any switch")
            lid = int(match[1], 16)
            port = int(match[2]) if match[2].isdigit() else NO_PORT
            if port < NO_PORT:
                here[lid] = port
            if told := _PORT_GUID.search(match[3]):
                found.guid[lid] = int(told[1], 16)
        elif line and not _PASSED.fullmatch(line):
            fail(shown, number, f"{line[:60]!r} is no line of forwarding tables")
    if not found.ports:
        raise FormatError(f"{shown}: lists no switch; forwarding tables of dump_lfts or OpenSM are needed")
    return found


def read(text: str, shown: str, fabric: Fabric) -> Tables:
    """Return the tables of a text for ``fabric``.

    Raises FormatError for what lists none, for tables of no switch of the fabric, and for a port that it has not.
    """
    return compiled(listed(text, shown), shown, fabric)


def compiled(found: Listed, shown: str, fabric: Fabric) -> Tables:
    """Return ``found`` as links of ``fabric``; ``shown`` names the file in messages."""
    base, number = int(np.searchsorted(fabric.kind, NodeKind.LEAF)), guids(fabric)
    ends, by_port = ports_of(fabric), _links_by_port(fabric)
    at = {guid: node for node, guid in enumerate(number) if node >= base}
    lids = _lids(found, fabric, ends)
    table = np.full((fabric.n_nodes - base, len(ends)), -1, dtype=np.int32)
    known = [(at[guid], rows) for guid, rows in found.ports.items() if guid in at]
    if not known or not lids:
        what = "switch" if not known else "endpoint"
        example = next(iter(found.ports))
        raise FormatError(f"{shown}: has no {what} of {fabric.name}; its first switch has the GUID 0x{example:016x}")
    for node, rows in known:
        for lid, columns in lids.items():
            # An entry toward a port without cable stays empty: the way ends there, as it does on the wire.
            table[node - base, columns] = by_port.get((node, rows.get(lid, 0)), -1)
    return Tables.of(fabric, table)


def _links_by_port(fabric: Fabric) -> dict[tuple[int, int], int]:
    """Return the link that leaves each port of each node."""
    ports = port_numbers(fabric)
    side = (fabric.tail > fabric.head).astype(np.int64)  # the lower node is the first end of a cable
    port = ports[fabric.cable, side]
    return {(int(n), int(p)): i for i, (n, p) in enumerate(zip(fabric.tail, port, strict=True)) if p}


def _lids(found: Listed, fabric: Fabric, ends: NDArray[np.int64]) -> dict[int, list[int]]:
    """Return the columns of each LID: by the GUID of the port where the file tells it, else by LID."""
    source = source_of(fabric)
    cables = fabric.cable[ends]
    lid_of = {guid: lid for lid, guid in found.guid.items()}
    lids: dict[int, list[int]] = {}
    for column, cable in enumerate(cables.tolist()):
        lid = lid_of.get(int(source.port_guid[cable]), 0 if found.guid else int(source.port_lid[cable]))
        if lid:
            lids.setdefault(lid, []).append(column)
    return lids


def write(fabric: Fabric, tables: Tables) -> str:
    """Return ``tables`` as ``opensm -R file -U`` loads them; ports are told by GUID, so that LIDs may differ.

    Raises FormatError where the fabric has more ports than there are LIDs.
    """
    return "\n".join(_written(fabric, tables)) + "\n"


def _written(fabric: Fabric, tables: Tables) -> Iterator[str]:
    source, number, names = source_of(fabric), guids(fabric), telling_names(fabric)
    ends, base = ports_of(fabric), tables.base
    cables = fabric.cable[ends]
    if len(ends) + fabric.n_switches > MOST_LIDS:
        raise FormatError(f"{fabric.name}: has {len(ends)} ports; a subnet has {MOST_LIDS} LIDs in all")
    port = port_numbers(fabric)[fabric.cable, (fabric.tail > fabric.head).astype(np.int64)]
    of_ends = list(
        zip(
            source.port_lid[cables].tolist(), source.port_guid[cables].tolist(), fabric.tail[ends].tolist(), strict=True
        )
    )
    last = max([lid for lid, *_ in of_ends], default=0)
    last = max(last, int(source.lid.max(initial=0)))
    toward = _toward_switches(fabric, base)
    for s in range(fabric.n_nodes - base):
        node = base + s
        yield f"Unicast lids [0-{last}] of switch Lid {source.lid[node]} guid 0x{number[node]:016x} ('{names[node]}'):"
        rows = [(int(source.lid[node]), 0, "Switch", number[node], node)]
        for t, link in enumerate(toward[s].tolist()):
            if link >= 0:
                rows.append((int(source.lid[base + t]), int(port[link]), "Switch", number[base + t], base + t))
        for (lid, guid, end), link in zip(of_ends, tables.link[s].tolist(), strict=True):
            if link >= 0:
                rows.append((lid, int(port[link]), "Channel Adapter", guid, end))
        for lid, out, what, guid, end in sorted(rows):
            yield f"0x{lid:04x} {out:03d} # {what} portguid 0x{guid:016x}: '{names[end]}'"
        yield f"{len(rows)} valid lids dumped"


def _toward_switches(fabric: Fabric, base: int) -> NDArray[np.int64]:
    """Return (S, S) a link on a shortest way from each switch to each other, for what is sent to switches; -1: none."""
    inner = np.flatnonzero((fabric.tail >= base) & (fabric.head >= base))
    n = fabric.n_nodes - base
    graph = coo_array((np.ones(len(inner)), (fabric.tail[inner] - base, fabric.head[inner] - base)), shape=(n, n))
    before = dijkstra(graph.tocsr(), unweighted=True, return_predecessors=True)[1].T
    key = fabric.tail.astype(np.int64) * fabric.n_nodes + fabric.head
    wanted = (np.arange(n)[:, np.newaxis] + base) * fabric.n_nodes + before + base
    return np.where(before >= 0, np.searchsorted(key, wanted), -1)
