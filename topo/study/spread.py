"""Seeds as an axis: mean, confidence interval and range of every number over equal cases of different seeds."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from topo.config.case import SECTIONS, canonical_json

#: Two-sided confidence of the interval of the mean.
CONFIDENCE = 0.95


def spread(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each group of cases that differ in their seed alone, in the order of their first case.

    A row has name, labels and panel, the ``seeds``, and for every numeric result ``mean``, the
    ends ``low`` and ``high`` of the mean's confidence interval (Student's t), ``min``, ``max`` and ``n``.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record["status"] == "ok" and "seed" in record["case"]["labels"]:
            groups.setdefault(_without_seed(record["case"]), []).append(record)
    return [_row(group) for group in groups.values() if len(group) > 1]


def _without_seed(case: dict[str, Any]) -> str:
    sections = {key: _less(case[key]) for key in (*SECTIONS, "labels")}
    return canonical_json(sections)


def _less(mapping: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (mapping or {}).items() if key != "seed"}


def _row(group: list[dict[str, Any]]) -> dict[str, Any]:
    case = group[0]["case"]
    labels = _less(case["labels"])
    keys = sorted(set.intersection(*(set(record["results"]) for record in group)))
    numbers = {key: [record["results"][key] for record in group] for key in keys}
    results = {key: _interval(values) for key, values in numbers.items() if all(map(_is_number, values))}
    return {
        "name": " / ".join(part for part in case["name"].split(" / ") if not part.startswith("seed=")),
        "labels": labels,
        "panel": case["panel"],
        "seeds": [record["case"]["seed"] for record in group],
        "results": results,
    }


def _interval(values: list[float]) -> dict[str, float]:
    from scipy.special import stdtrit  # scipy.stats takes half a second to load

    n, mean = len(values), sum(values) / len(values)
    deviation = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * deviation / sqrt(n)
    return {"mean": mean, "low": mean - half, "high": mean + half, "min": min(values), "max": max(values), "n": n}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
