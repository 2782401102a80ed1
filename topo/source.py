"""Source: what the file of a fabric calls its nodes and ports, and what reading it brought to light.

A fabric counts its nodes; people call them ``leaf7`` and find them by port and GUID.  Names are kept beside
the arrays and go with them when cables are taken out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from topo.lazy import numpy as np
from topo.rules import NodeKind

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Source:
    """Names of N nodes and C cables; what a file does not state is empty or 0."""

    names: tuple[str, ...]  # (N,)
    ports: tuple[tuple[str, str], ...]  # (C,) port at either end, in the order of ``Fabric.cables``
    guid: NDArray[np.uint64]  # (N,) InfiniBand's number of the node
    lid: NDArray[np.int64]  # (N,) local identifier of a switch
    port_guid: NDArray[np.uint64]  # (C,) of the endpoint's port, where the cable has one
    port_lid: NDArray[np.int64]  # (C,) of the endpoint's port, where the cable has one
    notes: tuple[str, ...] = ()  # what was inferred or left out, in sentences
    faults: tuple[dict[str, Any], ...] = ()  # what is wrong with the file's cables, as objects

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def only(self, keep: NDArray[np.bool_]) -> Source:
        """Return the source of the cables that ``keep`` (C,) is true of."""
        ports = tuple(pair for pair, kept in zip(self.ports, keep.tolist(), strict=True) if kept)
        return replace(self, ports=ports, port_guid=self.port_guid[keep], port_lid=self.port_lid[keep])


def called(source: Source | None, kind: NDArray[np.int8], node: int) -> str:
    """Return what people call ``node``: as its file does, else its ``kind`` (N,) and number."""
    if source is not None and source.names[node]:
        return source.names[node]
    return f"{NodeKind(kind[node]).name.lower().replace('_', '-')} {node}"
