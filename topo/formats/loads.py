"""Loads of links in CSV: ``tail,head,cable,capacity,load``, both of the latter in [B/s], a row for each direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.formats.labels import source_of, unique
from topo.formats.text import csv_text, fail, rows

_COLUMNS = ["tail", "head", "cable", "capacity", "load"]


def write(fabric: Fabric, load: NDArray[np.float64]) -> str:
    """Return ``load`` (L,) [B/s] of the links of ``fabric`` as text of this format."""
    source = source_of(fabric)
    names = unique(source.names, source.guid)
    columns = (
        fabric.tail.tolist(),
        fabric.head.tolist(),
        fabric.cable.tolist(),
        fabric.capacity.tolist(),
        load.tolist(),
    )
    found = ((names[t], names[h], c, repr(capacity), repr(v)) for t, h, c, capacity, v in zip(*columns, strict=True))
    return csv_text([_COLUMNS, *found])


def read(text: str, shown: str, fabric: Fabric) -> NDArray[np.float64]:
    """Return (L,) the load of each link of ``fabric`` [B/s]; 0 where the file has none.

    Raises FormatError, with the line, for a link that the fabric does not have.
    """
    source, found = source_of(fabric), np.zeros(fabric.n_links)
    names = unique(source.names, source.guid)
    link = {
        (names[tail], names[head], str(cable)): i
        for i, (tail, head, cable) in enumerate(zip(fabric.tail, fabric.head, fabric.cable, strict=True))
    }
    for line, cells in rows(text, shown):
        if cells == _COLUMNS:
            continue
        key = tuple(cells[:3])
        if len(cells) != len(_COLUMNS) or key not in link:
            fail(shown, line, f"{','.join(cells)[:60]} is no link of {fabric.name}; the header is {','.join(_COLUMNS)}")
        try:
            found[link[key[0], key[1], key[2]]] = float(cells[4])
        except ValueError:
            fail(shown, line, f"load: a number is needed [B/s]; got {cells[4][:40]!r}")
    if not np.isfinite(found).all() or (found < 0).any():
        raise FormatError(f"{shown}: a load is negative or not finite")
    return found
