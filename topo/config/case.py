"""Sections, Case and Study: what a study file says once it is checked and expanded, still in words.

A section stands once, in ``SECTIONS``.  Axes, ``--set``, the JSON Schema, merges, the identity of a case,
the record and the page's inputs take their sections from there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import Any

from topo.config.data import Files
from topo.lazy import fetch

#: Layout of records; part of every case's identity.
SCHEMA_VERSION = 2


@dataclass(frozen=True, eq=False)
class Section:
    """What the house knows of one section: the words it is written in, and what its entries do.

    A section of entries names one of them under ``word`` and has its parameters as further keys.  One
    without entries has the single key ``only``, which a bare text stands for.
    """

    word: str = ""  # key that names the entry
    entries: str | Mapping[str, Any] | None = None  # the registry, or module:NAME, imported when first asked for
    verb: str = ""  # attribute of an entry that is its function; the entry itself where it has none of that name
    filled: frozenset[str] = frozenset()  # parameters that callers fill in, never a study
    only: str = ""
    default: str | None = None  # entry of a case that does not say; None where a case may do without
    of_module: bool = False  # an entry has a module to itself, whose docstring says what it is
    plural: str = ""  # kind that ``topo list`` shows the entries under
    option: str = ""  # of ``topo analyze``, with what it takes; none where empty
    says: str = ""  # one line of help for that option
    on_fabric: bool = False  # entries take a fabric and return what takes its place, before traffic is offered
    later: bool = False  # added when records had been stored already: a case without it is identified as they are
    moves: bool = True  # rates and times depend on it
    implied: bool = False  # whether the first entry stands where none is named

    @property
    def registry(self) -> Mapping[str, Any]:
        """The entries by name; empty for a section that has none."""
        found: Mapping[str, Any] = fetch(self.entries) if isinstance(self.entries, str) else self.entries or {}
        return found

    def function(self, name: str) -> Callable[..., Any]:
        """Return the function of entry ``name``, whose signature says what it takes."""
        entry = self.registry[name]
        found: Callable[..., Any] = getattr(entry, self.verb, entry)
        return found

    def summary(self, name: str) -> str:
        """Return what entry ``name`` is, as the first line of its docstring says, or of its module's."""
        function = self.function(name)
        said = sys.modules[function.__module__] if self.of_module else function
        first = (said.__doc__ or "").strip().partition("\n")[0]
        return first.removeprefix("Return ").rstrip(".").replace("``", "")

    @cached_property
    def by_path(self) -> str:
        """The entry that a bare path stands for: the one that takes a ``path``; empty where none does.

        It loads every entry's function, so who can tell without it asks last.
        """
        return next((name for name in self.registry if "path" in signature(self.function(name)).parameters), "")

    @property
    def defaults(self) -> dict[str, Any]:
        """What a case has that does not write the section."""
        return {} if self.default is None else {self.word: self.default}


#: Sections of a study in the order in which a case is made of them.
SECTIONS: dict[str, Section] = {
    "fabric": Section(
        "family",
        entries="topo.config.fabrics:FABRICS_OF_A_STUDY",
        verb="plan",
        of_module=True,
        plural="families",
        filled=frozenset(
            {"capacity", "nic_capacity", "switch_latency", "cable_latency", "scale_up_latency", "overhead"}
        ),
    ),
    "edit": Section(
        "by",
        entries="topo.formats.edit:EDITS",
        on_fabric=True,
        later=True,
        implied=True,
    ),
    "failures": Section(
        "pick",
        entries="topo.failures.entries:FAILURES",
        verb="losses",
        plural="failures",
        filled=frozenset({"fabric", "demand", "alike"}),
        later=True,
        option="--failures SPEC",
        says="What fails, such as random:part=cable,count=4 or worst:part=switch,tier=spine.",
    ),
    "traffic": Section(
        "pattern",
        entries="topo.config.patterns:PATTERNS",
        verb="offer",
        plural="patterns",
        filled=frozenset(
            {"fabric", "n_ranks", "ranks_per_host", "ranks_per_domain", "files", "placed", "planes", "names"}
        ),
    ),
    "placement": Section(
        "order",
        entries="topo.config.placing:ORDERS",
        plural="placements",
        filled=frozenset({"n_ranks", "ranks_per_host", "planes"}),
        later=True,
        option="--placement ORDER",
        says="Where jobs run, such as contiguous or random:seed=3.",
    ),
    "routing": Section(
        "policy",
        entries="topo.flow:POLICIES",
        verb="route",
        plural="policies",
        filled=frozenset({"fabric", "demand"}),
        default="ecmp",
        option="--routing POLICY",
        says="Routing policy.",
    ),
    "solve": Section(
        "solver",
        entries="topo.flow:SOLVERS",
        verb="solve",
        plural="solvers",
        filled=frozenset({"fabric", "demand", "routing"}),
        default="proportional",
        option="--solver SOLVER",
        says="Solver of the rates.",
    ),
    "availability": Section(
        "by",
        entries="topo.config.availability:QUESTIONS",
        filled=frozenset({"files", "fabric_hardware"}),
        later=True,
        option="--availability SPEC",
        says="Failures and repairs over time, such as states:hardware=hpn,repair=4h.",
        moves=False,
        implied=True,
    ),
    "deadlock": Section(
        "by",
        entries="topo.study.deadlocks:QUESTIONS",
        filled=frozenset({"fabric", "routing"}),
        later=True,
        moves=False,
        implied=True,
    ),
    "floor": Section(
        "plan",
        entries="topo.config.floor:ROOMS",
        filled=frozenset({"copper_of_book"}),
        later=True,
        option="--floor SPEC",
        says="Racks and rows, such as hall:racks_per_row=20,switches=end-of-row.",
        moves=False,
        implied=True,
    ),
    "spares": Section(
        "by",
        entries="topo.config.order:SPARES",
        later=True,
        option="--spares SPEC",
        says="Parts to order beside those built in, such as stock:switch=2,cable=2%.",
        moves=False,
        implied=True,
    ),
    "cost": Section(
        only="prices", option="--prices BOOK", says="Price book: a shipped name, or a CSV file.", moves=False
    ),
}

#: Results closer than this share of each other count as equal where a study does not say otherwise.
TOLERANCE = 0.01
#: Sections that ask what to order.
ORDERS = ("floor", "spares")
#: Keys of a case that change no number.
_WITHOUT_EFFECT = ("name", "labels", "panel", "baseline", "seed")


@dataclass(frozen=True)
class Case:
    """One point of a study: the resolved input as the user wrote it, defaults filled in.

    A case with ``refused`` was found invalid and is recorded, not run.
    """

    name: str
    labels: dict[str, Any]  # axis -> where on it this case lies
    sections: dict[str, dict[str, Any] | None]  # all of SECTIONS; None where one is absent
    seed: int = 0
    panel: str = ""  # comparison of the report that the case belongs to
    baseline: str = ""  # what its time is held against, as written
    files: Files = field(default_factory=Files)  # content of all that the case refers to
    refused: str = ""
    notes: tuple[str, ...] = ()  # what was chosen for the user

    @property
    def fabric(self) -> dict[str, Any]:
        """Family and parameters of the network."""
        return self.sections["fabric"] or {}

    @property
    def traffic(self) -> dict[str, Any] | None:
        """Pattern and parameters of what is sent; None where the network is sized and priced only."""
        return self.sections["traffic"]

    @property
    def routing(self) -> dict[str, Any]:
        """Policy and parameters."""
        return self.sections["routing"] or {}

    @property
    def failures(self) -> dict[str, Any] | None:
        """What fails; None where nothing does."""
        return self.sections.get("failures")

    @property
    def solve(self) -> dict[str, Any]:
        """Solver and parameters."""
        return self.sections["solve"] or {}

    @property
    def cost(self) -> dict[str, Any] | None:
        """The price book; None where none was named."""
        return self.sections["cost"]

    @property
    def asks_order(self) -> bool:
        """Whether what to order is asked for, by a floor plan or by spares."""
        return any(self.sections.get(key) for key in ORDERS)

    def resolved(self) -> dict[str, Any]:
        """Return the input as records hold it: everything but the files' content, of which it has the hashes."""
        called = {"name": self.name, "labels": self.labels, "panel": self.panel, "baseline": self.baseline}
        return called | self.sections | {"seed": self.seed, "files": self.files.digests()}

    def identity(self, version: str) -> str:
        """Return the SHA-256 of all that results depend on: input, referenced files, ``version`` of planewise.

        Name, labels, panel and baseline are left out: what a case is called changes no number.  So is the case's
        seed: sections that draw at random hold it themselves.
        """
        import hashlib

        words = {key: value for key, value in self.resolved().items() if key not in _WITHOUT_EFFECT}
        # A section that is absent changes no number either, so that new ones leave old records valid.
        words = {k: v for k, v in words.items() if v is not None or k not in SECTIONS or not SECTIONS[k].later}
        words |= {"schema_version": SCHEMA_VERSION, "planewise": version, "refused": self.refused}
        return hashlib.sha256(canonical_json(words).encode()).hexdigest()


@dataclass(frozen=True)
class Study:
    """A checked study: its cases in order, and the text it came from."""

    name: str
    title: str
    cases: tuple[Case, ...]
    text: str = ""  # the file as written
    description: str = ""
    overrides: tuple[str, ...] = ()  # key=value, as given beside the file
    opponents: tuple[Case | None, ...] = ()  # that each case's time is held against; () where there are none
    tolerance: float = TOLERANCE  # share below which the report calls two results equal


def axis_part(axis: str, label: Any) -> str:
    """Return what a label is called in the name of a case: MPFT, planes=8."""
    return f"{axis.rsplit('.', 1)[-1]}={label}" if isinstance(label, int | float) else str(label)


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return JSON with sorted keys and no spaces: equal values, equal text.

    Raises ValueError for an infinite number, which JSON does not know.
    """
    import json

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
