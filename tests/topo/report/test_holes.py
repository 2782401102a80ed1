"""Records with holes, as hands and older versions leave them: every panel draws the rest and prints no None."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.topo.report.sample import write_study
from topo.config import parse_study
from topo.report.load import Study, read_study
from topo.report.panels import panels
from topo.report.panels.blocks import Cards, Draw, Notes, Panel
from topo.report.panels.view import View
from topo.study import run

CONFIGS = Path(__file__).parents[3] / "configs" / "studies"
#: Shipped study -> what makes it small enough to be solved in a second or two.
SMALLER = {
    "availability": ((r"512", "64"), (r"samples: 40", "samples: 4")),
    "two-jobs": (),
    "queue": (
        (r".*name: (shuffle|shards|train-[bcd]).*\n", ""),
        (r"radix: 48, endpoints: 512", "radix: 24, endpoints: 256"),
    ),
    "message-sizes": ((r"(?s)\[\s*64B.*?\]", "[64B, 1MiB, 16GiB]"), (r"\[32, 64, 128\]", "[32]"), (r".*ring.*\n", "")),
    "training-step": (
        (r"2048", "256"),
        (r"pp: 16", "pp: 4"),
        (r": 120", ": 8"),
        (r".*name: (pipeline|gradients).*\n", ""),
    ),
    "routing-by-load": (
        (r"radix: 32", "radix: 8"),
        (r"seeds: +10", "seeds: 2"),
        (r".*(EP64|tornado|shift).*\n", ""),
        (r"\[host, rail\]", "[host]"),
        (r"static, adaptive, ", ""),
    ),
    "planes": (
        (r"2048", "64"),
        (r"seeds: 10", "seeds: 2"),
        (r"\[2, 4, 8\]", "[4]"),
        (r"static, adaptive, ", ""),
        (r"\[1, 2, 4, 8\]", "[1, 2]"),
    ),
}
MISSING = object()
Path_ = tuple[Any, ...]


def paths(value: Any, head: Path_ = ()) -> Iterator[Path_]:
    """Yield where values stand within ``value``, at any depth; of a list the first and the last."""
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = [(i, value[i]) for i in sorted({0, len(value) - 1}) if value]
    for key, item in items:
        yield (*head, key)
        yield from paths(item, (*head, key))


def without(results: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    """Return ``results`` with ``value`` at ``path``, or nothing there where it is MISSING."""
    out = deepcopy(results)
    place: Any = out
    for key in path[:-1]:
        place = place[key]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return out


class Watch(dict[str, Any]):
    """Results that remember which keys a page asked them for."""

    seen: set[str]

    def get(self, key: str, default: Any = None) -> Any:
        self.seen.add(key)
        return super().get(key, default)


def keys_read(study: Study) -> set[str]:
    """Return the results that the page of ``study`` reads; a hole in any other changes nothing."""
    seen: set[str] = set()
    records = tuple(replace(record, results=Watch(record.results)) for record in study.records)
    for record in records:
        record.results.seen = seen  # type: ignore[attr-defined]
    panels(View(replace(study, records=records)))
    return seen


def holes(study: Study) -> Iterator[tuple[str, Study]]:
    """Yield ``study`` with one kind of value gone, in one record and in all of them."""
    where: dict[Path_, list[tuple[int, Path_]]] = {}
    seen = keys_read(study)
    for i, record in enumerate(study.records):
        for path in paths({key: value for key, value in record.results.items() if key in seen}):
            where.setdefault(tuple("*" if isinstance(key, int) else key for key in path), []).append((i, path))
    for name, places in where.items():
        # At the top a missing key reads as a null.
        for value in (None, MISSING) if len(name) > 1 and "*" not in name else (None,):
            for some in (places[:1], places):
                records = list(study.records)
                for i, path in some:
                    records[i] = replace(records[i], results=without(records[i].results, path, value))
                yield f"{'.'.join(name)} of {len(some)}", replace(study, records=tuple(records))


def sentences(panel: Panel) -> Iterator[str]:
    """Yield what a panel says: its answer, its findings, its notes and its cards."""
    yield panel.answer
    for block in panel.blocks:
        if isinstance(block, Draw):
            yield block.figure.finding
        elif isinstance(block, Notes):
            yield from block.items
        elif isinstance(block, Cards):
            yield from (text for card in block.cards for text in (card.value, card.note))


@pytest.fixture(scope="module", params=[*SMALLER, "sample"])
def study(request, tmp_path_factory) -> Study:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sample":
        write_study(folder, small=True)
    else:
        text = (CONFIGS / f"{request.param}.yaml").read_text()
        for old, new in SMALLER[request.param]:
            text, n = re.subn(old, new, text)
            assert n, f"{request.param}: {old} is not in it"
        run(parse_study(text, request.param), folder)
    found = read_study(folder)
    # Tables stay whole here: every column of theirs is checked on reading.
    return replace(found, records=tuple(replace(one, folder=folder / "none") for one in found.records))


def test_a_hole_in_any_result_leaves_a_page_that_says_what_is_known(study):
    for name, torn in holes(study):
        for panel in panels(View(torn)):
            for text in sentences(panel):
                assert not re.search(r"\bNone\b|\bnan\b|∞", text), f"{name}: {panel.id}: {text}"
