"""InfiniBand's own words: link widths and speeds, GUIDs, names of adapters that nobody named."""

from __future__ import annotations

import re

from topo.units import BITS_PER_BYTE

#: Data rate of one lane by speed, after the line code [bit/s] (IBTA, InfiniBand roadmap: 4x is 8 to 800 Gb/s).
LANE = {
    "SDR": 2e9,
    "DDR": 4e9,
    "QDR": 8e9,
    "FDR10": 10e9,
    "FDR": 14.0625e9 * 64 / 66,
    "EDR": 25e9,
    "HDR": 50e9,
    "NDR": 100e9,
    "XDR": 200e9,
}
#: Raw rate of a lane as OpenSM prints it [Gb/s] -> its speed.
RAW = {"2.5": "SDR", "5": "DDR", "10": "QDR", "14": "FDR", "25": "EDR", "50": "HDR", "100": "NDR", "200": "XDR"}
WIDTHS = (4, 1, 2, 8, 12)
RATE = re.compile(r"\b(?P<width>1|2|4|8|12)x(?P<speed>SDR|DDR|QDR|FDR10|FDR|EDR|HDR|NDR|XDR)\b")

#: How adapters and switches describe themselves until somebody names them.
_UNNAMED = re.compile(
    r"|(?:MT\d+\b.*|.*\bMellanox Technologies\b.*|.*\bConnectX\b.*|Infiniscale.*|HCA-\d+|Quantum Mellanox.*"
    r"|Voltaire \d+ .*|.*\bQDR ports switch|ISR\d+.*|QLogic.*|SwitchX.*|Switch-?IB.*)",
    re.IGNORECASE,
)


def capacity(width: int, speed: str) -> float:
    """Return the data rate of a link one way [B/s].

    >>> capacity(4, "NDR")
    50000000000.0
    """
    return width * LANE[speed] / BITS_PER_BYTE


def rate_of(rate: float) -> tuple[str, bool]:
    """Return the width and speed nearest to ``rate`` [B/s], such as 4xNDR, and whether it is that exactly."""
    known = [(capacity(width, speed), f"{width}x{speed}") for width in WIDTHS for speed in LANE]
    value, name = min(known, key=lambda pair: abs(pair[0] - rate))
    return name, abs(value - rate) <= 1e-9 * rate


def unnamed(description: str) -> bool:
    """Return whether ``description`` is what a device is shipped with, so that it names none.

    >>> unnamed("MT25408 ConnectX Mellanox Technologies"), unnamed("gpu7 mlx5_0")
    (True, False)
    """
    return _UNNAMED.fullmatch(description.strip()) is not None
