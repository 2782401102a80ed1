"""Rows of docs/validation.md, and what several of its sections take from the paper."""

from __future__ import annotations

from typing import NamedTuple

PAPER = "arXiv 2505.09343"
NIC, SCALE_UP = 50e9, 200e9  # [B/s] one way as specified: 400 Gb/s, NVLink of an H800; arXiv 2505.09343, section 4.1


class Row(NamedTuple):
    """One comparison; ``published`` and ``computed`` in ``unit``."""

    what: str
    unit: str
    published: str
    computed: float
    error: float | None  # relative to what was published; None where only an order or a bound was
    reason: str


class Section(NamedTuple):
    title: str
    source: str
    rows: list[Row]


def row(what: str, unit: str, published: float, computed: float, reason: str) -> Row:
    return Row(what, unit, f"{published:,.6g}", computed, computed / published - 1, reason)
