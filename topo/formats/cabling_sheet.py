"""Cabling lists in XLSX: those of ``cabling``, in a workbook."""

from __future__ import annotations

from topo.formats.cabling import read
from topo.formats.cabling import write_sheet as write

__all__ = ["read", "write"]
