"""Fabrics from files and to files: the two doors of the library."""

from __future__ import annotations

from pathlib import Path

from topo import units
from topo.atomic import write_bytes
from topo.fabric import Fabric
from topo.formats.entries import load, writer
from topo.formats.nouns import reader
from topo.formats.plant import Reading
from topo.formats.registry import FABRICS


def read(
    path: str | Path,
    format: str | None = None,
    *,
    capacity: float | str | None = None,
    endpoints_per_host: int | None = None,
    scale_up: float | str | None = None,
    scale_up_domain: int | None = None,
    ends: str = "",
    nic: str = "",
    host_pattern: str = "",
    per_switch: int = 0,
) -> Fabric:
    """Return the fabric in the file ``path``.

    Parameters
    ----------
    format
        One of ``FABRICS``; by what the file begins with, or its suffix, where not given.
    capacity
        Of cables whose speed the file does not state, one way [B/s, or ``400Gb/s``].
    endpoints_per_host
        Consecutive endpoints of a server; None: as names and numbers of the file say.
    scale_up, scale_up_domain
        Capacity of a cable to a scale-up switch that the file does not have [B/s, or ``200GB/s``], and how many
        endpoints one joins; None: as in the file, or a host.
    ends, nic, host_pattern
        Expressions: which devices are endpoints, which endpoints take part, and what is the server in a name.
    per_switch
        Endpoints to hang on every switch of a graph that has none.

    Raises FormatError, with file and line, for a file that does not hold a fabric; OSError where it cannot be read.
    """
    path = Path(path)
    text = load(path)
    how = Reading(
        capacity=None if capacity is None else units.capacity(capacity),
        endpoints_per_host=endpoints_per_host,
        scale_up=None if scale_up is None else units.capacity(scale_up),
        scale_up_domain=scale_up_domain,
        ends=ends,
        nic=nic,
        host_pattern=host_pattern,
        per_switch=per_switch,
    )
    fabric: Fabric = reader(FABRICS, text, str(path), format).function("read")(text, str(path), how)
    return fabric


def write(fabric: Fabric, path: str | Path, format: str | None = None) -> None:
    """Write ``fabric`` to ``path``, whole or not at all; ``format`` is by suffix where not given.

    Raises FormatError for an unknown format and for a fabric that it has no way to write, OSError where the file
    cannot be written.
    """
    path = Path(path)
    written = writer(FABRICS, path, format).function("write")(fabric)
    write_bytes(path, written if isinstance(written, bytes) else written.encode())
