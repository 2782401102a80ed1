"""XLSX, as far as a list needs it: rows of text in the first sheet of a workbook, there and back."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from topo.formats.errors import FormatError
from topo.formats.text import Element, parse_xml

#: [bytes] of a part of a workbook once it is unpacked, and columns of a row.
MOST_PART, MOST_COLUMNS = 256 * 2**20, 1_000

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CELL = re.compile(r"([A-Z]{1,3})\d*")


def rows_of_sheet(text: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each row of the first sheet; ``text`` is the file, byte for byte.

    Raises FormatError for what is no workbook, or unpacks to more than is read.
    """
    try:
        with zipfile.ZipFile(BytesIO(text.encode("latin-1"))) as book:
            names = sorted(name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
            if not names:
                raise FormatError(f"{shown}: is no XLSX workbook: it has no sheet")
            first = min(names, key=lambda name: (len(name), name))
            shared = _part(book, "xl/sharedStrings.xml", shown) if "xl/sharedStrings.xml" in book.namelist() else ""
            sheet = _part(book, first, shown)
    except (zipfile.BadZipFile, zlib.error, LookupError, RuntimeError, OSError, ValueError, EOFError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{shown}: is no whole XLSX workbook ({error})") from None
    words = [_text(item) for item in parse_xml(shared, shown).all("si")] if shared else []
    for data in parse_xml(sheet, shown).all("sheetData"):
        for number, row in enumerate(data.all("row"), 1):
            cells = _cells(row, words, shown)
            if any(cells):
                line = row.attributes.get("r", "")
                yield int(line) if line.isdigit() and len(line) < 10 else number, cells


def _part(book: zipfile.ZipFile, name: str, shown: str) -> str:
    with book.open(name) as part:
        raw = part.read(MOST_PART + 1)
    if len(raw) > MOST_PART:
        raise FormatError(f"{shown}: {name} unpacks to over {MOST_PART >> 20} MiB, the most that is read")
    return raw.decode("utf-8")


def _cells(row: Element, words: list[str], shown: str) -> list[str]:
    found: list[str] = []
    for cell in row.all("c"):
        match = _CELL.match(cell.attributes.get("r", ""))
        column = _column(match[1]) if match else len(found)
        if column >= MOST_COLUMNS:
            raise FormatError(f"{shown}:{cell.line}: a row of over {MOST_COLUMNS} columns")
        found += [""] * (column + 1 - len(found))
        found[column] = _value(cell, words, shown).strip()
    return found


def _value(cell: Element, words: list[str], shown: str) -> str:
    kind = cell.attributes.get("t", "n")
    if kind == "inlineStr":
        return "".join(_text(item) for item in cell.all("is"))
    value = next((child.text for child in cell.all("v")), "")
    if kind != "s":
        return value.removesuffix(".0")
    if not value.isdigit() or int(value) >= len(words):
        raise FormatError(f"{shown}:{cell.line}: a cell names text {value!r} that the workbook does not have")
    return words[int(value)]


def _text(item: Element) -> str:
    return "".join(part.text for child in item.children for part in ([child] if child.tag == "t" else child.all("t")))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def sheet_of(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook of one sheet that holds ``rows`` of text."""
    return workbook({"cabling": rows})


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return a workbook of ``sheets`` by name: rows of texts and numbers; None leaves a cell empty."""
    kinds = [
        ("workbook.xml", "sheet.main"),
        *((f"worksheets/sheet{i + 1}.xml", "worksheet") for i in range(len(sheets))),
    ]
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Override PartName="/xl/{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in kinds)
        + "</Types>",
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>'
        + "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations([("worksheet", name) for name, _ in kinds[1:]]),
    }
    for (name, _), rows in zip(kinds[1:], sheets.values(), strict=True):
        parts[f"xl/{name}"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{_sheet(rows)}</sheetData></worksheet>'
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(zipfile.ZipInfo(name), _HEAD + content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _sheet(rows: Sequence[Sequence[Any]]) -> str:
    return "".join(f'<row r="{i}">' + "".join(map(_cell, row)) + "</row>" for i, row in enumerate(rows, 1))


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{_DOC}/{kind}" Target="{target}"/>'
            for i, (kind, target) in enumerate(targets, 1)
        )
        + "</Relationships>"
    )
