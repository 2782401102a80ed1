"""Packets: what a message puts on a wire beside its own bytes, and what goes back for it.

A message is cut into packets, each with a header; the receiver answers::

packet    [header | payload ............ ]      at most mtu bytes, header included
back      [ack]                                 for each packet, or a part of one where one answers several
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topo.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


#: Part of a packet that rounding may add to a whole number of them.
ROUNDING = 1e-9


class PacketError(ValueError):
    """Packets that cannot be: says the rule and what was given."""


@dataclass(frozen=True)
class Packet:
    """Packets of a network; raises PacketError where none carries a byte."""

    mtu: float  # [bytes] of the largest packet, its header included
    header: float  # [bytes] of each packet that are no payload, all layers together
    ack: float = 0.0  # [bytes] of acknowledgement that go back for each packet, in the mean

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mtu) and 0.0 <= self.header < self.mtu):
            raise PacketError(
                f"mtu {self.mtu:g} B must exceed header {self.header:g} B, which it includes: what is left is payload"
            )
        if not 0.0 <= self.ack <= self.mtu:
            raise PacketError(f"ack {self.ack:g} B must lie between 0 and the mtu of {self.mtu:g} B")

    def count(self, size: Floats) -> Floats:
        """Return (F,) packets that messages of ``size`` (F,) [bytes] take; the last one may be short."""
        return np.asarray(np.ceil(size / (self.mtu - self.header) - ROUNDING))

    def on_wire(self, size: Floats) -> Floats:
        """Return (F,) [bytes] of messages of ``size`` (F,) [bytes] with all headers."""
        return np.asarray(size + self.count(size) * self.header)

    def back(self, size: Floats) -> Floats:
        """Return (F,) [bytes] of acknowledgements for messages of ``size`` (F,) [bytes]."""
        return np.asarray(self.count(size) * self.ack)

    def largest(self, size: Floats) -> Floats:
        """Return (F,) [bytes] of the largest packet of messages of ``size`` (F,) [bytes]."""
        return np.minimum(self.mtu, size + self.header)
