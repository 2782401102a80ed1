"""What varies with the seed, and how far: a row for every setting that ran under several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.config.case import SECTIONS
from topo.config.seeds import seedless, settings, summary


def spread(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each group of cases that differ in their seed alone, in the order of their first case.

    A row has name, labels and panel, the ``seeds``, and the ``Summary`` of every result that is a number in all.
    """
    seeded = [one for one in records if one["status"] == "ok" and "seed" in one["case"]["labels"]]
    places = settings([one["case"] for one in seeded], (*SECTIONS, "labels"))
    return [_row([seeded[i] for i in group]) for group in places if len(group) > 1]


def _row(group: list[dict[str, Any]]) -> dict[str, Any]:
    case, results = group[0]["case"], [record["results"] for record in group]
    found = ((key, summary(results, key)) for key in sorted(set.intersection(*map(set, results))))
    return {
        "name": " / ".join(part for part in case["name"].split(" / ") if not part.startswith("seed=")),
        "labels": seedless(case["labels"]),
        "panel": case["panel"],
        "seeds": [record["case"]["seed"] for record in group],
        "results": {key: one.row() for key, one in found if one and len(one.values) == len(results)},
    }
