"""The tables of docs/formats.md: every format that is read or written, from the registries.

``python -m benchmarks.formats`` writes the page, ``--check`` fails where it is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.tables import markdown
from topo.formats import DEMANDS, FABRICS, LOADS, MEASUREMENTS, MODELS, ROUTES, TABLES, Format

PAGE = Path(__file__).parents[1] / "docs" / "formats.md"
MARK = "<!-- benchmarks/formats.py -->"
_COLUMNS = ("format", "what", "suffix", "read", "written", "cannot carry")
NOUNS: dict[str, Mapping[str, Format]] = {
    "Fabrics": FABRICS,
    "Forwarding tables": TABLES,
    "Traffic": DEMANDS,
    "Traffic with its routes": ROUTES,
    "Loads of links": LOADS,
    "Measurements": MEASUREMENTS,
    "Models": MODELS,
}


def tables() -> str:
    """Return a table for each noun."""
    return "\n\n".join(f"## {noun}\n\n{markdown(_COLUMNS, _rows(formats))}" for noun, formats in NOUNS.items())


def _rows(formats: Mapping[str, Format]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{name}`",
            one.title + (f"; not tried on {one.untried}" if one.untried else ""),
            ", ".join(f"`{suffix}`" for suffix in one.suffixes),
            "yes" if one.reads else "",
            "yes" if one.writes else "",
            ", ".join(one.lacks),
        )
        for name, one in sorted(formats.items())
    ]


def page() -> str:
    """Return the page with its tables made afresh."""
    head, _, foot = PAGE.read_text().split(MARK)
    return f"{head}{MARK}\n{tables()}\n{MARK}{foot}"


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text() != text)
    PAGE.write_text(text)
    print(PAGE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
