"""Results as the HTML that a notebook shows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from topo.quantities import QUANTITIES
from topo.report.labels import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from topo.report.names import Case
    from topo.report.panels.view import View

#: What is shown of one case, and of each of several.
ONE = (
    "endpoints", "switches", "switch_links", "reach_with_relay", "slowdown", "completion_s", "normalized_throughput",
    "max_utilization", "bottleneck_tier", "mean_rate_gbps", "min_rate_gbps", "busbw_bytes_per_s", "step_s", "gap",
    "cost_usd", "cost_per_endpoint_usd",
)  # fmt: skip
MANY = ("endpoints", "completion_s", "slowdown", "max_utilization", "bottleneck_tier", "cost_per_endpoint_usd")
#: Cases of which a notebook shows rows; the data frame has all.
MOST = 60


def html_of(view: View) -> str:
    """Return the verdict and a table: of one case its results, of several a row each."""
    from topo.report.verdicts import verdict

    sentences = [text for text in verdict(view).sentences if text] if view.solutions else []
    said = "".join(f"<p>{escape(text)}</p>" for text in sentences[:2])
    return said + (_one(view.cases[0]) if len(view.cases) == 1 else _many(view.cases))


def rows_of(values: Mapping[str, Any], keys: Iterable[str]) -> list[list[str]]:
    """Return title and value, as people read both, of those of ``keys`` that there are."""
    return [[QUANTITIES[key].title, reading(key, values[key])] for key in keys if values.get(key) is not None]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an HTML table; an empty ``header`` is none."""
    head = "".join(f"<th>{escape(text)}</th>" for text in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"


def _one(case: Case) -> str:
    rows = rows_of({key: case.get(key) for key in ONE}, ONE)
    return table((), [*rows, *([["error", case.record.error]] if case.record.error else [])])


def _many(cases: Sequence[Case]) -> str:
    keys = [key for key in MANY if any(case.get(key) is not None for case in cases)]
    rows = [[one.record.name, *(_cell(one, key) for key in keys)] for one in cases[:MOST]]
    more = f"<p>{len(cases) - MOST} more; to_pandas() has all</p>" if len(cases) > MOST else ""
    return table(("case", *(QUANTITIES[key].title for key in keys)), rows) + more


def _cell(case: Case, key: str) -> str:
    value = case.get(key)
    return reading(key, value) if value is not None else (case.record.error if key == MANY[0] else "")
