"""File formats of fabrics: name -> reader or writer; a file's suffix chooses among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from topo.atomic import check_ends, write_text
from topo.fabric import Fabric
from topo.formats import native
from topo.formats.errors import FormatError
from topo.near import hint

__all__ = ["READERS", "SUFFIXES", "WRITERS", "FormatError", "read", "write"]

#: What each format reads from text; the second argument names the file in messages.
READERS: dict[str, Callable[[str, str], Fabric]] = {
    "native": native.read,
}

#: What each format writes as text.
WRITERS: dict[str, Callable[[Fabric], str]] = {
    "native": native.write,
}

#: How the name of a file ends -> its format; the longest that fits counts.
SUFFIXES = {native.SUFFIX: "native"}


def read(path: Path, format: str | None = None) -> Fabric:
    """Return the fabric in the file ``path``; ``format`` is by suffix where not given.

    Raises FormatError for an unknown format and for a file that does not hold a fabric.
    """
    name = _format(path, format, READERS)
    check_ends(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FormatError(f"{path}: is not text; a {name} file is needed") from None
    return READERS[name](text, str(path))


def write(fabric: Fabric, path: Path, format: str | None = None) -> None:
    """Write ``fabric`` to ``path``, whole or not at all; ``format`` is by suffix where not given.

    Raises FormatError for an unknown format, OSError where the file cannot be written.
    """
    write_text(path, WRITERS[_format(path, format, WRITERS)](fabric))


def format_of(path: Path, format: str | None = None) -> str:
    """Return the format that ``write`` would choose.  Raises FormatError where there is none."""
    return _format(path, format, WRITERS)


def _format(path: Path, format: str | None, known: Iterable[str]) -> str:
    names = sorted(known)
    if format is not None:
        if format not in names:
            raise FormatError(f"format {format!r} is unknown; known: {', '.join(names)}{hint(format, names)}")
        return format
    fits = [suffix for suffix in SUFFIXES if path.name.endswith(suffix)]
    if not fits:
        endings = ", ".join(f"{suffix} ({name})" for suffix, name in sorted(SUFFIXES.items()))
        raise FormatError(f"{path}: its suffix names no format; known: {endings}. Or give the format by name")
    return SUFFIXES[max(fits, key=len)]
