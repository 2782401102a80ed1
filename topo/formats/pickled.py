"""Pickles are refused: reading one runs whatever code it names."""

from __future__ import annotations

import re

from topo.formats.errors import FormatError

#: A pickle of protocol 2 and later, and one of protocol 0, which is text.
_BINARY = re.compile(rb"\A\x80[\x02-\x05]")
_TEXT = re.compile(rb"\A(?:\([dl]p\d+\n|c[\w.]+\n[\w.]+\n)")


def refuse_pickle(head: bytes, shown: str) -> None:
    """Raise FormatError where ``head`` begins a pickle."""
    if _BINARY.match(head) or _TEXT.match(head):
        raise FormatError(
            f"{shown}: is a Python pickle, and reading one runs whatever code it names: it is not read. Where it comes "
            "from, write it as CSV or JSON"
        )
