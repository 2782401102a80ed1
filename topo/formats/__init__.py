"""File formats, one registry a noun: what each is, how a file of it is known, and what it cannot carry.

A format is one module, imported when a file of it is met: ``read(text, shown, how)`` returns what the text holds,
``write(...)`` the text.
"""

from __future__ import annotations

from topo.formats.carried import lost
from topo.formats.entries import Format, FormatError, chosen, load, text_of, writer
from topo.formats.files import read, write
from topo.formats.measurements import read_measurements
from topo.formats.nouns import elsewhere, reader
from topo.formats.plant import Reading
from topo.formats.registry import DEMANDS, FABRICS, LOADS, MEASUREMENTS, MODELS, ROUTES, TABLES

__all__ = [
    "DEMANDS",
    "FABRICS",
    "LOADS",
    "MEASUREMENTS",
    "MODELS",
    "ROUTES",
    "TABLES",
    "Format",
    "FormatError",
    "Reading",
    "chosen",
    "elsewhere",
    "load",
    "lost",
    "read",
    "read_measurements",
    "reader",
    "text_of",
    "write",
    "writer",
]
