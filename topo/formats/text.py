"""Text of files that nobody vouches for: bounded lines, JSON with its place, XML without entities.

Every error names file and line.  What is read is bounded before anything is built of it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, NoReturn
from xml.parsers import expat

from topo.formats.errors import FormatError

#: [characters] of a line; the longest that tools write, of a GraphML file without line ends aside, is below 1,000.
MOST_LINE = 65_536
#: Elements of an XML file and how deep they may nest.
MOST_ELEMENTS, MOST_DEPTH = 5_000_000, 64


def fail(shown: str, line: int, message: str) -> NoReturn:
    """Raise FormatError for ``line`` of the file ``shown``."""
    raise FormatError(f"{shown}:{line}: {message}")


def lines(text: str, shown: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of every line, ends stripped.  Raises FormatError for one that is no line of a listing."""
    for number, line in enumerate(StringIO(text), 1):
        if len(line) > MOST_LINE:
            fail(shown, number, f"a line of over {MOST_LINE:,} characters; this is no file of this format")
        yield number, line.rstrip("\r\n")


def rows(text: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and stripped cells of every row of a CSV text that is not empty or a comment.

    A comment is a line that begins with ``#``; a name that does so is written in quotes.
    """
    at = 0

    def kept() -> Iterator[str]:
        nonlocal at
        quoted = False  # within a cell of several lines
        for number, line in lines(text, shown):
            at = number
            if quoted or not line.startswith("#"):
                quoted ^= bool(line.count('"') % 2)
                yield line + "\n"

    try:
        for cells in csv.reader(kept(), strict=True, delimiter=_delimiter(text)):
            if any(cells):
                yield at, [cell.strip() for cell in cells]
    except csv.Error as error:
        fail(shown, at, f"not CSV: {error}")


def csv_text(table: Iterable[Sequence[object]]) -> str:
    """Return ``table`` as a CSV text that ``rows`` reads: the first cell in quotes where it would begin a comment."""
    out = StringIO()
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in table:
        (quoted if str(cells[0]).startswith("#") else plain).writerow(cells)
    return out.getvalue()


def _delimiter(text: str) -> str:
    first = text[:MOST_LINE].split("\n", 1)[0]
    return max(",;\t", key=first.count) if any(mark in first for mark in ",;\t") else ","


def parse_json(text: str, shown: str) -> Any:
    """Return the value of a JSON text.  Raises FormatError with line and column; depth is Python's own limit."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"{shown}:{error.lineno}:{error.colno}: is not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{shown}: is not JSON: {error}") from None


@dataclass(slots=True)
class Element:
    """An XML element: its tag without namespace, and the line that it begins on."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Element]:
        """Yield the children called ``tag``."""
        return (child for child in self.children if child.tag == tag)


def parse_xml(text: str, shown: str) -> Element:
    """Return the root of an XML text.  Nothing is fetched, no entity is known.

    Raises FormatError with line and column for text that is not XML, that declares entities, or is too deep.
    """
    parser = expat.ParserCreate()
    stack = [Element("", {}, 0)]
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > MOST_DEPTH or count > MOST_ELEMENTS:
            fail(shown, parser.CurrentLineNumber, "elements nest too deep, or are too many")
        element = Element(tag.rpartition(":")[2], attributes, parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def data(more: str) -> None:
        if not more.isspace():
            stack[-1].text += more

    def entity(*_: Any) -> None:
        fail(shown, parser.CurrentLineNumber, "declares an entity; such files are not read")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, lambda _: stack.pop()
    parser.CharacterDataHandler, parser.EntityDeclHandler = data, entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise FormatError(f"{shown}:{error.lineno}:{error.offset + 1}: is not XML: {what}") from None
    return stack[0].children[0]
