"""Rows of docs/validation.md, and what several of its sections take from the paper."""

from __future__ import annotations

from typing import NamedTuple

PAPER = "arXiv 2505.09343"
NIC, SCALE_UP = 50e9, 200e9  # [B/s] one way as specified: 400 Gb/s, NVLink of an H800; arXiv 2505.09343, section 4.1


#: What a comparison is worth: how far the model is off; that arithmetic closes; that two ways to one answer agree; an
#: order, a bound or a number that nobody printed.
PREDICTED, CALIBRATED, CONSISTENT, BOUND = "Predicted", "Calibrated", "True by construction", "Orders and bounds"


class Row(NamedTuple):
    """One comparison; ``published`` and ``computed`` in ``unit``."""

    what: str
    unit: str
    published: str
    computed: float
    error: float | None  # relative to what was published; None where only an order or a bound was
    reason: str
    kind: str = ""  # one of those above; empty: that of its section


class Section(NamedTuple):
    title: str
    source: str
    rows: list[Row]  # each of a kind

    def of(self, kind: str) -> Section:
        """Return the section with its rows of ``kind`` alone, largest errors first."""
        rows = [one for one in self.rows if one.kind == kind]
        return self._replace(rows=sorted(rows, key=lambda one: -abs(round(one.error or 0.0, 4))))


def row(what: str, unit: str, published: float, computed: float, reason: str, *, kind: str = "") -> Row:
    return Row(what, unit, f"{published:,.6g}", computed, computed / published - 1, reason, kind)
