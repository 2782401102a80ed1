"""planewise's own format ``.fabric.json``: a fabric as the columns of its nodes and cables.

One JSON object.  ``kinds`` counts the nodes of each kind, in the order in which they are
numbered; ``plane`` and ``group`` have a value a node (N,), ``host`` and ``domain`` one an
endpoint (E,), where ``domain`` is left out if every host is one of its own;
``launch`` [s] and ``packet`` (mtu, header, ack [bytes]) stand there if they are stated;
``groups`` says what group numbers mean (pod, dragonfly; none where it is absent);
``cables`` a column for each property (C,): a and b are the nodes that the cable joins,
capacity in [B/s] one way, latency in [s].  Another column that has one value throughout is
written as that value.  ``symmetry`` holds known automorphisms, each (N,) node to node; each is checked on reading.
``names`` (N,) and ``ports``, two columns (C,), say what a file that it was read from calls them.
``intact`` is another such object: what the fabric was before failures, which keep the nodes and their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, FabricError, Groups, Medium, NodeKind, Source, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.labels import plant_of
from topo.formats.plant import Reading
from topo.formats.symmetric import as_it_is, checked
from topo.packet import Packet

FORMAT = "planewise-fabric"
SCHEMA = 1
#: Nodes that a file may promise before anything is reserved for them.
MAX_NODES = 50_000_000

_NODES = ("plane", "group")
_CABLES = {"a": None, "b": None, "capacity": None, "latency": None, "weight": None, "tier": Tier, "medium": Medium}
_ENDS = ("a", "b")
_SCALARS: dict[str, Any] = {"name": str, "radix": int, "relay": str, "overhead": (int, float)}


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format; equal fabrics give equal texts."""
    return json.dumps(_data(fabric), separators=(",", ":"), allow_nan=False) + "\n"


def _data(fabric: Fabric) -> dict[str, Any]:
    cables = fabric.cables()
    counts = {kind: int((fabric.kind == kind).sum()) for kind in NodeKind}
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        **{key: getattr(fabric, key) for key in _SCALARS},
        "kinds": {_word(kind): n for kind, n in counts.items() if n},
        **{key: _column(getattr(fabric, key), None) for key in _NODES},
        "groups": fabric.groups.label,
        "host": fabric.host.tolist(),
        **({} if (fabric.domain == fabric.host).all() else {"domain": fabric.domain.tolist()}),
        **({"launch": fabric.launch} if fabric.launch else {}),
        **({} if fabric.packet is None else {"packet": asdict(fabric.packet)}),
        "cables": {key: _cable_column(key, cables[key]) for key in _CABLES},
        **({"symmetry": [move.tolist() for move in fabric.symmetry]} if fabric.symmetry else {}),
        **({} if fabric.source is None else {"source": _of_source(fabric.source)}),
        **({} if fabric.intact is None else {"intact": _data(fabric.intact)}),
    }


def read(text: str, shown: str = "text", how: Reading | None = None) -> Fabric:
    """Return the fabric written in ``text``; ``shown`` names it in messages.

    What ``how`` says of hosts, domains and NICs is done to it; symmetries are kept where it says nothing.

    Raises FormatError for text that is not this format, or whose fabric breaks a rule.
    """
    fabric = _read(text, shown)
    return fabric if how is None or as_it_is(fabric.host, how) else fabric_of(plant_of(fabric), how)


def _read(text: str, shown: str) -> Fabric:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{shown}: is not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FormatError(f'{shown}: is not a fabric file; it must be an object with "format": "{FORMAT}"')
    if data.get("schema") != SCHEMA:
        raise FormatError(f"{shown}: has schema {data.get('schema')!r}; this version reads {SCHEMA}")
    try:
        return _checked(Fabric.from_cables(**_arguments(data)), data)
    except FabricError as error:
        raise FormatError(f"{shown}: {error}") from None
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        missing = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"{shown}: {missing}") from None


def _checked(fabric: Fabric, data: Mapping[str, Any]) -> Fabric:
    """Return ``fabric`` with the symmetries, names and past of ``data``.  Raises ValueError for what does not fit."""
    source = _source(data["source"], fabric) if "source" in data else None
    intact = _intact(data["intact"], fabric) if "intact" in data else None
    return replace(checked(fabric, data.get("symmetry", ())), source=source, intact=intact)


def _intact(data: Mapping[str, Any], fabric: Fabric) -> Fabric:
    """Return what ``fabric`` was before failures.  Raises ValueError for a fabric that cannot have become this one."""
    if "intact" in data:
        raise ValueError("intact: has itself seen failures")
    before = _checked(Fabric.from_cables(**_arguments(data)), data)
    same = all(np.array_equal(getattr(before, key), getattr(fabric, key)) for key in ("kind", "host", "plane"))
    if not same or before.n_cables <= fabric.n_cables:
        raise ValueError("intact: failures keep the nodes and take cables")
    return before


_NUMBERS = {"guid": np.uint64, "lid": np.int64, "port_guid": np.uint64, "port_lid": np.int64}


def _of_source(source: Source) -> dict[str, Any]:
    said = {key: _column(getattr(source, key), None) for key in _NUMBERS}
    return {"names": source.names, "ports": list(zip(*source.ports, strict=True)), **said, "notes": source.notes}


def _source(said: Mapping[str, Any], fabric: Fabric) -> Source:
    nodes, cables = fabric.n_nodes, fabric.n_cables
    long = {"guid": nodes, "lid": nodes, "port_guid": cables, "port_lid": cables}
    numbers: dict[str, Any] = {
        key: np.array(np.broadcast_to(np.array(said[key], kind), long[key])) for key, kind in _NUMBERS.items()
    }
    names, ports = said["names"], [*zip(*said["ports"], strict=True)]
    notes = said.get("notes", [])
    if len(names) != nodes or len(ports) != cables or not all(isinstance(n, str) for n in (*names, *notes)):
        raise ValueError("source: names and ports must go by node and by cable")
    return Source(tuple(names), tuple((str(a), str(b)) for a, b in ports), **numbers, notes=tuple(notes))


def _arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {key: _numbers(data["cables"][key], words) for key, words in _CABLES.items()}
    many = max((len(arguments[end]) for end in _ENDS if isinstance(arguments[end], list)), default=1)
    arguments |= {end: [arguments[end]] * many for end in _ENDS if isinstance(arguments[end], int)}  # of one switch
    for key, kinds in _SCALARS.items():
        if not isinstance(data[key], kinds) or isinstance(data[key], bool):
            raise TypeError(f"{key}: {data[key]!r} is of the wrong kind")
        arguments[key] = data[key]
    counts = {kind: int(data["kinds"].get(_word(kind), 0)) for kind in NodeKind}
    unknown = set(data["kinds"]) - {_word(kind) for kind in NodeKind}
    if unknown or min(counts.values()) < 0 or sum(counts.values()) > MAX_NODES:
        raise ValueError(f"kinds: counts of {', '.join(map(_word, NodeKind))} are needed; got {data['kinds']}")
    kind = [kind.value for kind, n in counts.items() for _ in range(n)]
    arguments["groups"] = _numbers(data.get("groups", Groups.NONE.label), Groups)
    arguments |= {"launch": data.get("launch", 0.0), "packet": _packet(data.get("packet"))}
    arguments |= {"kind": kind, "host": data["host"], "domain": data.get("domain")}
    return arguments | {key: data[key] for key in _NODES}


def _packet(given: Any) -> Packet | None:
    """Return the packets of an object with ``mtu``, ``header`` and ``ack`` [bytes]; None where there is none."""
    if given is None:
        return None
    if not isinstance(given, dict) or not all(type(value) in (int, float) for value in given.values()):
        raise TypeError(f"packet: mtu, header and ack in bytes are needed; got {given!r}")
    return Packet(**given)


def _cable_column(key: str, values: NDArray[Any]) -> Any:
    """Return a column of cables; their ends one by one, which tells how many there are."""
    return values.tolist() if key in _ENDS else _column(values, _CABLES[key])


def _column(values: NDArray[Any], words: Any) -> Any:
    """Return a column as a list, or as one value where all are equal; ``words`` names small numbers."""
    one = len(values) > 0 and bool((values == values[0]).all())
    column = values[:1].tolist() if one else values.tolist()
    if words is not None:
        names = {word.value: _word(word) for word in words}
        column = [names[value] for value in column]
    return column[0] if one else column


def _numbers(column: Any, words: Any) -> Any:
    if words is None:
        return column
    values = {_word(word): word.value for word in words}
    wrong = [word for word in (column if isinstance(column, list) else [column]) if word not in values]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is unknown; known: {', '.join(values)}")
    return [values[word] for word in column] if isinstance(column, list) else values[column]


def _word(member: IntEnum) -> str:
    return member.name.lower().replace("_", "-")
