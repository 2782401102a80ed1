"""Which plotly.js a page carries: ours, cut to the traces that our figures draw, or the whole of it.

``templates/plotly`` has plotly.js with the traces of ``TRACES``, built from its own
sources by ``python -m benchmarks.plotlyjs``: a quarter of the whole library, and
read by a browser in a third of the time.  A figure with any other trace takes the
library of plotly's Python package.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "templates" / "plotly"
FILE = "plotly.min.js.gz"
#: Types of traces that our build draws.
TRACES = frozenset({"bar", "heatmap", "scatter"})
_VERSION = re.compile(r"plotly\.js v([\d.]+)")


@dataclass(frozen=True)
class Library:
    """One plotly.js, as it runs and as a page stores it."""

    script: str
    archive: str  # gzip in base64
    whole: bool  # whether it draws every type of trace that there is

    @property
    def version(self) -> str:
        """The version that the comment at its head states; its licence asks to keep that comment."""
        match = _VERSION.search(self.script, 0, 1000)
        return match.group(1) if match else ""


def library(traces: Collection[str]) -> Library:
    """Return the smallest library that draws all types of ``traces``, such as ``scatter`` and ``heatmap``."""
    return _whole() if set(traces) - TRACES else _ours()


def archive(text: str) -> str:
    """Return ``text`` as a page stores it: gzip in base64; equal text gives equal bytes."""
    return _base64(gzip.compress(text.encode(), compresslevel=9, mtime=0))


@cache
def _ours() -> Library:
    content = (FOLDER / FILE).read_bytes()
    return Library(gzip.decompress(content).decode(), _base64(content), whole=False)


@cache
def _whole() -> Library:
    from plotly.offline import get_plotlyjs

    script = str(get_plotlyjs())
    return Library(script, archive(script), whole=True)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
