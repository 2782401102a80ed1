"""Format: what the house needs to know of one, how a file's is found, and how a file becomes text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from topo.atomic import check_ends
from topo.formats.errors import FormatError
from topo.formats.pickled import refuse_pickle
from topo.near import hint

__all__ = ["Format", "FormatError", "chosen", "load", "named", "text_of", "writer"]

#: [bytes] of a file: a million cables in the wordiest format that is read.
MOST_BYTES = 512 * 2**20
#: How messages of a Chakra trace begin: length, then a field of text, which is its version.
_DELIMITED = re.compile(rb"\A[\x80-\xff]{0,3}[\x02-\x7f]\n[\x01-\x08\x0b-\x1f]\d[\w.+-]*")
#: [characters] at the beginning of a file by which its format is known.
HEAD = 16_384


@dataclass(frozen=True)
class Format:
    """An entry of a registry of formats."""

    module: str  # that has ``read``, ``write`` or both
    title: str  # what it is, in a line
    suffixes: tuple[str, ...]  # how names of such files end
    mark: str  # expression that the beginning of such a file holds; empty where nothing tells
    reads: bool = True
    writes: bool = True
    lacks: tuple[str, ...] = ()  # what it cannot carry, as ``carried.CARRIED`` calls it
    untried: str = ""  # what of other people it was not tried on: their files, their programs

    def function(self, verb: str) -> Callable[..., Any]:
        """Return ``read`` or ``write`` of the module."""
        found: Callable[..., Any] = getattr(import_module(self.module), verb)
        return found

    def fits(self, text: str) -> bool:
        """Return whether ``text`` begins as a file of this format."""
        return bool(self.mark) and re.search(self.mark, text[:HEAD]) is not None


def writer(registry: Mapping[str, Format], path: Path, format: str | None = None) -> Format:
    """Return the format to write ``path`` in: as given, or by suffix.

    Raises FormatError for a format that is unknown or not written, and for a suffix that names none.
    """
    known = {name: entry for name, entry in registry.items() if entry.writes}
    if format is not None:
        return known[named(format, registry, known, "written")]
    fits = {s: entry for entry in reversed(known.values()) for s in entry.suffixes if path.name.lower().endswith(s)}
    if not fits:
        endings = ", ".join(f"{entry.suffixes[0]} ({name})" for name, entry in sorted(known.items()))
        raise FormatError(f"{path}: its suffix names no format; known: {endings}. Or give the format by name")
    return fits[max(fits, key=len)]


def chosen(registry: Mapping[str, Format], entry: Format) -> str:
    """Return the name of ``entry``."""
    return next(name for name, one in registry.items() if one is entry)


def named(format: str, registry: Mapping[str, Format], known: Mapping[str, Format], done: str) -> str:
    """Return ``format``, which must be among ``known`` of ``registry``: those of it that are ``done``, read or written.

    Raises FormatError, with those that are.
    """
    if format in known:
        return format
    if format in registry:
        raise FormatError(f"format {format!r} is not {done} here; those that are: {', '.join(sorted(known))}")
    raise FormatError(f"format {format!r} is unknown; known: {', '.join(sorted(known))}{hint(format, known)}")


def load(path: Path, shown: str = "") -> str:
    """Return the text of the file ``path``, unpacked where it is gzip.

    Raises FormatError for one that is too large or no text, OSError where it cannot be read.
    """
    check_ends(path)
    shown = shown or str(path)
    if path.stat().st_size > MOST_BYTES:
        raise FormatError(f"{shown}: is over {MOST_BYTES >> 20} MiB, the most that is read")
    return text_of(path.read_bytes(), shown)


def text_of(raw: bytes, shown: str) -> str:
    """Return ``raw`` as text: UTF-8, that of a gzip file; byte for byte a zip archive (XLSX) and a Chakra trace.

    Raises FormatError for other binary files.
    """
    if raw.startswith(b"PK\x03\x04"):
        return raw.decode("latin-1")
    if raw.startswith(b"\x1f\x8b"):
        raw = _unpacked(raw, shown)
    refuse_pickle(raw[:HEAD], shown)
    if _DELIMITED.match(raw[:HEAD]):
        return raw.decode("latin-1")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{shown}:{line}: is not UTF-8 text (byte {error.start} is 0x{raw[error.start]:02x})"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FormatError(f"{shown}:{line}: is a binary file (it holds a zero byte); give text")
    return text


def _unpacked(raw: bytes, shown: str) -> bytes:
    unpack = zlib.decompressobj(wbits=31)
    try:
        content = unpack.decompress(raw, MOST_BYTES)
    except zlib.error as error:
        raise FormatError(f"{shown}: is no whole gzip file ({error})") from None
    if unpack.unconsumed_tail or not unpack.eof:
        raise FormatError(f"{shown}: is no whole gzip file, or holds over {MOST_BYTES >> 20} MiB")
    return content
