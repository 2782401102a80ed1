"""What the page calls a case: its network, its traffic, its policy, said once and alike everywhere.

A name is the study's own label where it gave one; else the registry name with
only those parameters that differ within the study.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from topo.config import SECTIONS
from topo.config.seeds import is_seed, settings, summary
from topo.quantities import QUANTITIES
from topo.report import words
from topo.report.load import Record, Study
from topo.report.specs import short
from traffic import PATTERNS

#: Axis labels that name a part of the case, first match wins.
_AXES = {
    "fabric": ("network", "fabric", "topology"),
    "traffic": ("traffic", "workload"),
    "routing": ("routing", "policy", "routing.policy"),
}


@dataclass(frozen=True)
class Case:
    """A record with the names that figures and tables use."""

    record: Record
    network: str
    traffic: str
    policy: str
    draws: tuple[Record, ...] = ()  # those that the results are means of; none where they are of one draw

    def ends(self, key: str) -> tuple[float, float] | None:
        """Return least and most of the result ``key`` over draws; None where it does not differ, or is no number."""
        one = summary([record.results for record in self.draws], key)
        ends = (min(one.values), max(one.values)) if one and len(one.values) == len(self.draws) else None
        return ends if ends and ends[0] < ends[1] else None

    def most(self, key: str) -> Any:
        """Return the largest ``key`` of any draw, None where it was not stored."""
        ends = self.ends(key)
        return ends[1] if ends else self.get(key)

    @property
    def title(self) -> str:
        """The three names in one line."""
        return " · ".join(part for part in (self.network, self.traffic, self.policy) if part)

    def get(self, *keys: str) -> Any:
        """Return a result of the record."""
        return self.record.get(*keys)

    def rows(self, key: str, *needs: str) -> list[dict[str, Any]]:
        """Return the rows of a result, without those that lack one of ``needs``; none where it was not stored."""
        rows = (row for row in self.get(key) or () if isinstance(row, dict))
        return [row for row in rows if all(row.get(column) is not None for column in needs)]

    @property
    def node_limit(self) -> int | None:
        """Most hosts that a token may visit; None where the traffic has no such limit."""
        limit = self.get("node_limit")
        return None if limit is None else int(limit)

    @property
    def is_moe(self) -> bool:
        """Whether experts are what the traffic is about."""
        return self.get("hosts_per_token") is not None


def cases_of(study: Study) -> list[Case]:
    """Return every record of ``study`` with its names, in the study's order."""
    ok = list(study.records)
    columns = {part: _labels(ok, part) for part in ("fabric", "traffic", "routing")}
    best = study.design.get("best") or {}
    columns["fabric"] = [short(best) if label == best.get("name") else label for label in columns["fabric"]]
    return [
        Case(
            record, columns["fabric"][i], columns["traffic"][i], columns["routing"][i] if columns["traffic"][i] else ""
        )
        for i, record in enumerate(ok)
    ]


def order(values: Iterable[str]) -> list[str]:
    """Return the distinct values in order of first appearance."""
    return list(dict.fromkeys(values))


def moving() -> list[str]:
    """Return the sections that rates and times depend on."""
    return [key for key, section in SECTIONS.items() if section.moves]


def usual_policy(cases: Sequence[Case]) -> str:
    """Return the policy that most settings use, seeds aside, the default where it ties; empty without cases."""
    usual = SECTIONS["routing"].default
    once = settings([case.record.case for case in cases], moving())
    counts = Counter(cases[group[0]].policy for group in once)
    return max(counts, key=lambda policy: (counts[policy], policy == usual, policy)) if counts else ""


def _labels(records: list[Record], part: str) -> list[str]:
    """Return the name of ``part`` for each record; sized and solved cases are told apart elsewhere."""
    out = [""] * len(records)
    for with_traffic in (False, True):
        rows = [i for i, r in enumerate(records) if bool(r.part("traffic")) == with_traffic and r.part(part)]
        label_rows = [i for i in rows if _study_label(records[i], part)]
        for i, text in _descriptions(records, [i for i in rows if i not in set(label_rows)], part):
            out[i] = text
        for label in order(_study_label(records[i], part) for i in label_rows):
            group = [i for i in label_rows if _study_label(records[i], part) == label]
            # What was refused is stored as it was asked for, without defaults: they do not vary.
            varying = _varying([records[i].part(part) for i in group if records[i].ok], "")
            for i in group:
                out[i] = _with(label, _details(records[i].part(part), varying))
    return out


def _study_label(record: Record, part: str) -> str:
    labels = {axis.lower(): value for axis, value in record.labels.items()}
    return next((labels[axis] for axis in _AXES[part] if labels.get(axis)), "")


def _descriptions(records: list[Record], rows: list[int], part: str) -> list[tuple[int, str]]:
    """Return (row, name) where the study gave no label: the registry name and what differs among its like."""
    head = SECTIONS[part].word
    by_head: dict[str, list[int]] = defaultdict(list)
    for i in rows:
        by_head[_head(records[i].part(part), part)].append(i)
    out = []
    for start, group in by_head.items():
        varying = _varying([records[i].part(part) for i in group if records[i].ok], head)
        for i in group:
            details = _details(records[i].part(part), varying)
            out.append((i, _with(_title(start), details)))
    return out


def _head(section: dict[str, Any], part: str) -> str:
    """Return the registered name that a section gives, of one that is read from a file the file's."""
    word = str(section.get(SECTIONS[part].word, "?"))
    path = str(section.get("path") or "")  # of most cases none, and by_path looks at every entry's function
    return PurePath(path).name or word if path and word == SECTIONS[part].by_path else word


def _title(name: str) -> str:
    """Return what pages call a registered pattern; any other name as it is."""
    return PATTERNS[name].title or name if name in PATTERNS else name


def _varying(group: list[dict[str, Any]], head: str) -> list[str]:
    # Draws of one setting go by one name: panels show their range, or say that they show the first.
    keys = order(key for section in group for key in section if key != head and not is_seed(key))
    return [key for key in keys if len({json.dumps(s.get(key), sort_keys=True, default=str) for s in group}) > 1]


def _details(section: dict[str, Any], varying: list[str]) -> list[str]:
    return [_parameter(key, section[key]) for key in varying if section.get(key) is not None]


def _with(name: str, details: list[str]) -> str:
    return f"{name} ({', '.join(details)})" if details else name


def _parameter(key: str, value: Any) -> str:
    if key == "node_limit":
        return f"{QUANTITIES[key].title}{words.NARROW}{value}"
    if key == "ep":
        return f"EP{value}"
    if key in ("planes", "endpoints") and isinstance(value, int):
        return words.plural(value, key.removesuffix("s"))
    if key == "bytes":
        return words.text(value)
    return f"{key.replace('_', ' ')} {words.text(value)}"
