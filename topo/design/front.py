"""Fronts: candidates that none is as good as in all keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from topo.design.need import way
from topo.design.space import Candidate
from topo.design.trial import Trial

Values = tuple[float, ...]


def front_of(pool: Sequence[Candidate], keys: Sequence[str], trial: Trial) -> tuple[tuple[Candidate, ...], bool]:
    """Return those of ``pool`` that meet all and that none is as good as in ``keys``, and whether time sufficed.

    A candidate that another one beats even at the best that it may be is not measured.
    """
    rows = [
        (values, one)
        for one in pool
        if None not in (values := _values(trial.bound(one, keys), keys, open_=-float("inf")))
    ]
    rows.sort(key=lambda row: (row[0], row[1].name))
    kept: list[tuple[Values, Candidate]] = []
    for i, (least, one) in enumerate(rows):
        if _beaten(least, kept):
            continue
        judged = trial.judge(one, (other for _, other in rows[i + 1 :]))
        if judged is None:
            break
        values = _values(judged.facts, keys)
        if trial.meets(judged) and None not in values and not _beaten(values, kept):
            kept = [row for row in kept if not _as_good(values, row[0])] + [(values, judged)]
    return tuple(one for _, one in sorted(kept, key=lambda row: row[0])), not trial.late


def _values(facts: Mapping[str, Any], keys: Sequence[str], open_: float | None = None) -> tuple[Any, ...]:
    """Return the values of ``keys``, less is better; ``open_`` for what is not a fact yet."""
    return tuple(open_ if key not in facts else None if facts[key] is None else facts[key] * way(key) for key in keys)


def _beaten(values: Values, kept: Sequence[tuple[Values, Candidate]]) -> bool:
    return any(_as_good(other, values) for other, _ in kept)


def _as_good(one: Values, other: Values) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
