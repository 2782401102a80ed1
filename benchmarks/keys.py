"""The tables of docs/keys.md: every key that a result has, from topo/quantities.csv.

``python -m benchmarks.keys`` writes the page, ``--check`` fails where it is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.tables import markdown
from topo.quantities import QUANTITIES, Quantity

PAGE = Path(__file__).parents[1] / "docs" / "keys.md"
MARK = "<!-- benchmarks/keys.py -->"
_RECORD = "record.json"
_VERBS = {"draws": "topo analyze --seeds", "dry-run": "topo study --dry-run"}
_BETTER = {"less": "less", "more": "more", None: ""}


def tables() -> str:
    """Return a table of results, one of records, and one for every file and verb with keys of its own."""
    places: dict[str, list[Quantity]] = {"": [], _RECORD: []}
    for key, one in QUANTITIES.items():
        places.setdefault(key.rpartition(":")[0], []).append(one)
    return "\n\n".join(f"## {_title(place)}\n\n{_table(ones)}" for place, ones in places.items())


def _title(place: str) -> str:
    if not place:
        return "Results"
    return f"`{place}`" if "." in place else f"`{_VERBS.get(place, f'topo {place}')} --json`"


def _table(quantities: Iterable[Quantity]) -> str:
    columns = ("key", "title", "unit", "better", "JSON", "meaning")
    return markdown(columns, [_row(one) for one in quantities])


def _row(one: Quantity) -> tuple[str, ...]:
    key = one.key.rpartition(":")[2]
    shape = {"one": one.kind, "list": f"list of {one.kind}", "map": f"{one.kind} by name"}[one.shape]
    return (f"`{key}`", one.title, one.unit, _BETTER[one.better], shape, one.meaning)


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
