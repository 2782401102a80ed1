"""The ``design`` section: what a network must do, and what it may be made of.

Written as a file, whose other sections are those of a study less the family, or as ``key=value`` words of a command
line, where ``cost_usd<=8e7`` is a requirement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from topo import units
from topo.config import prices
from topo.config.case import ORDERS, SECTIONS, Case
from topo.config.check import check_case
from topo.config.data import Files, data_root, is_path, read_text
from topo.config.design_keys import DesignFile, DesignKeys, WorkloadKeys
from topo.config.document import Document, parse_mapping, parse_scalar
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.merge import merge, set_at, unfold, unfold_section
from topo.config.needs import CLOSED, PRICED, failures_of, is_need, needs_of, wanted
from topo.config.nouns import facts_of, size_of
from topo.config.sections import check_model
from topo.design import Candidate, Form, Need, Space, Switch, candidate
from topo.generators import FAMILIES, GeneratorError

_SWITCH = re.compile(r"\s*([1-9]\d{0,6})(?:\s*x\s*(\S+))?\s*")
#: Keys of ``fabric`` that a design fixes for all candidates; it chooses the others.
_FIXED = ("rate", "endpoints_per_host", "scale_up", "scale_up_domain", "relay", "hardware")
#: Sections that only what is measured reads.
_MEASURED = ("traffic", "routing", "solve", "failures", "placement")
#: Sections that a workload may have of its own.
_OWN = ("traffic", "placement", "routing", "solve")


@dataclass(frozen=True)
class Workload:
    """Traffic that a network is measured under, and what its time counts for."""

    name: str
    weight: float
    sections: Document


@dataclass(frozen=True)
class Question:
    """What a design asks, checked."""

    title: str
    space: Space
    closed: tuple[Need, ...]
    measured: tuple[Need, ...]
    minimize: tuple[str, ...]
    front: tuple[str, ...]
    shown: tuple[Need, ...]  # facts of the front that are measured, without a limit
    seconds: float  # [s] that measuring may take
    words: Document  # sections that all candidates have alike
    files: Files
    workloads: tuple[Workload, ...] = ()
    compared: tuple[Candidate, ...] = ()  # networks that are looked at beside the space
    within: float = 0.0
    stages: tuple[int, ...] = ()
    text: str = ""  # the file as written; empty where words were given

    @property
    def asked(self) -> tuple[Need, ...]:
        """All facts that are measured."""
        return (*self.measured, *self.shown)

    @property
    def traffics(self) -> tuple[Workload | None, ...]:
        """Workloads that candidates are measured under; None is that of section ``traffic``."""
        return self.workloads or (None,)

    def concerned(self, need: Need) -> list[int]:
        """Return which of ``traffics`` a requirement speaks of."""
        return [i for i, one in enumerate(self.traffics) if need.of in ("", one and one.name)]

    def weighted(self, own: Sequence[int], values: Sequence[float]) -> float:
        """Return the sum of ``values``, one of each of the ``traffics`` that ``own`` says, by weight."""
        weights = [one.weight if one else 1.0 for one in (self.traffics[i] for i in own)]
        return sum(weight * value for weight, value in zip(weights, values, strict=True))

    def case(self, candidate: Candidate, workload: Workload | None = None, after: str = "") -> Case:
        """Return the case that measures ``candidate``.  Raises ConfigError where its traffic does not run there."""
        return self._case(self.fabric(candidate), candidate.name, workload, after)

    def order(self, candidate: Candidate) -> Case:
        """Return the case that says what to order for ``candidate``: its size, its prices, its floor, its spares."""
        return self._case(self.fabric(candidate), candidate.name, without=_MEASURED)

    def fabric(self, candidate: Candidate) -> dict[str, Any]:
        """Return the keys of ``fabric`` that make ``candidate``, less those that all have alike."""
        own = dict(candidate.params) | {"endpoints": candidate.size.endpoints, "rate": _rate(candidate.capacity)}
        return {"family": candidate.family, **own}

    def baseline(self, workload: Workload | None = None) -> Case:
        """Return the case of one switch for all endpoints: the same NICs, and nothing that blocks."""
        n = self.space.endpoints
        name, single = next((name, family.single) for name, family in FAMILIES.items() if family.single)
        return self._case(
            {"family": name, **single(n), "endpoints": n, "rate": _rate(self.space.capacity)},
            "one switch",
            workload,
        )

    def _case(
        self,
        fabric: dict[str, Any],
        name: str,
        workload: Workload | None = None,
        after: str = "",
        *,
        without: tuple[str, ...] = ORDERS,
    ) -> Case:
        shared = {key: value for key, value in self.words.data["fabric"].items() if key != "rate"}
        kept = {key: value for key, value in self.words.data.items() if key not in without}
        words = replace(self.words, data=kept | {"fabric": shared | fabric})
        if workload is not None:
            words = merge(words, workload.sections)
        if after:
            words = replace(words, data=words.data | {"failures": failures_of(after)})
        case, problems = check_case(words, self.files, name=name)
        if problems:
            raise ConfigError.of(problems)
        return case


def load_design(source: str | Path | Sequence[str]) -> Question:
    """Return the design of a file, of a shipped name, or of ``key=value`` and requirement words.

    Raises ConfigError with every problem, placed where it stands.
    """
    if isinstance(source, str | Path):
        given = str(source)
        path = Path(given) if is_path(given) else data_root() / "studies" / f"{given}.yaml"
        return parse_design(read_text(path, given), given, base=path.parent)
    return _question(_of_words(source), Path())


def parse_design(text: str, shown: str, *, base: Path | None = None) -> Question:
    """Return the design written in ``text``; relative paths start from ``base``."""
    return replace(_question(parse_mapping(text, shown), base or Path()), text=text)


def _of_words(words: Sequence[str]) -> Document:
    document, needs = Document({"design": {}}, {(): "design"}), []
    for word in words:
        key, equals, value = word.partition("=")
        if is_need(word):
            needs.append(word)
        elif not equals:
            raise ConfigError(f"{word}: key=value or a requirement is needed, such as endpoints=1024 or cost_usd<=8e7")
        else:
            head, placed = key.strip().split(".")[0], Document(parse_scalar(value), {(): word})
            dotted = key.strip() if head in (*SECTIONS, "design", "seed") else f"design.{key.strip()}"
            document = set_at(document, dotted, placed)
    return set_at(document, "design.require", Document(needs, {(): "requirements"})) if needs else document


def _question(document: Document, base: Path) -> Question:
    document, files = unfold(document), Files(base)
    top = _checked(DesignFile, document, "")
    part = document.at("design")
    design = _checked(DesignKeys, part, "design")
    fabric, problems = document.data.get("fabric") or {}, list[Problem]()
    for key in fabric:
        if key not in _FIXED:
            text = f"is for the search to choose; {unknown(key, _FIXED)}"
            problems.append(Problem(document.place(("fabric", key)), f"fabric.{key}", text))
    if not (design["endpoints"] or design["stages"]):
        problems.append(Problem(part.place(()), "design.endpoints", "is missing: how many the network must hold"))
    workloads = [_workload(one, i) for i, one in enumerate(part.at("workloads").parts() if design["workloads"] else [])]
    names = [one.name for one in workloads]
    needs = needs_of(part, names, problems)
    minimize = design["minimize"] or (["cost_usd"] if top["cost"] else ["switches", "switch_links"])
    minimize = [minimize] if isinstance(minimize, str) else minimize
    problems += [
        Problem(part.place(("minimize",)), "design.minimize", unknown(n, CLOSED)) for n in minimize if n not in CLOSED
    ]
    shown = _front(design["front"], part, names, problems)
    if problems:
        raise ConfigError.of(problems)
    largest = max([*design["stages"], design["endpoints"] or 0])
    closed = (Need("endpoints", ">=", largest), *(need for need in needs if need.fact in CLOSED))
    measured = tuple(need for need in needs if need.fact not in CLOSED)
    _check_priced(top, part, {*minimize, *design["front"], *(need.key for need in closed)})
    offered = document.data.get("traffic") or (all(one.sections.data.get("traffic") for one in workloads) and workloads)
    if (measured or shown) and not offered:
        text = f"{[*measured, *shown][0].key} is measured on traffic; add a section traffic, such as traffic=uniform"
        raise ConfigError.of([Problem(part.place(("require",)), "design.require", text)])
    sections = {key: document.data[key] for key in SECTIONS if document.data.get(key)}
    words = Document(sections | {"fabric": fabric, "seed": top["seed"]}, document.places)
    space = _space(design | {"endpoints": largest}, part, fabric, top, files)
    question = Question(
        top["title"] or "design",
        space,
        closed,
        measured,
        tuple(minimize),
        tuple(design["front"]),
        tuple(shown),
        units.span(design["time"]),
        words,
        files,
        tuple(workloads),
        within=_share(design["within"], part, default=0.0 if measured else 0.05),
        stages=tuple(design["stages"]),
    )
    return replace(question, compared=tuple(_compared(question, part, design["compare"])))


def _checked(shape: type[BaseModel], document: Document, prefix: str) -> dict[str, Any]:
    found, problems = check_model(shape, document, prefix)
    if problems:
        raise ConfigError.of(problems)
    return found


def _workload(part: Document, i: int) -> Workload:
    for key in _OWN:
        if isinstance(part.data, dict) and isinstance(part.data.get(key), str):
            own = unfold_section(key, part.at(key))
            part = set_at(Document({k: v for k, v in part.data.items() if k != key}, part.places), key, own)
    checked = _checked(WorkloadKeys, part, f"design.workloads.{i}")
    own_sections = {key: part.data[key] for key in _OWN if part.data.get(key)}
    return Workload(checked["name"], checked["weight"], Document(own_sections, part.places))


def _front(keys: list[str], part: Document, workloads: list[str], problems: list[Problem]) -> list[Need]:
    """Return the facts of a front that are measured."""
    measured = []
    for i, key in enumerate(keys):
        try:
            measured += [wanted(key, workloads)] if key not in CLOSED else []
        except ConfigError as error:
            problems.append(Problem(part.place(("front", i)), "design.front", str(error)))
    return measured


def _check_priced(top: dict[str, Any], part: Document, keys: set[str]) -> None:
    asked = keys & PRICED
    if asked and not top["cost"]:
        text = f"{min(asked)} needs a price book; add cost, such as cost.prices=street-2024-08"
        raise ConfigError.of([Problem(part.place(()), "design", text)])


def _share(given: str | float | None, part: Document, default: float) -> float:
    try:
        return default if given is None else units.share(str(given))
    except units.UnitError as error:
        raise ConfigError.of([Problem(part.place(("within",)), "design.within", str(error))]) from None


def _compared(question: Question, part: Document, given: list[dict[str, Any] | str]) -> list[Candidate]:
    """Return the networks of ``compare``, of their own endpoints where they state some, else as full as they go."""
    found = []
    for i in range(len(given)):
        own = unfold_section("fabric", part.at("compare", i))
        words = set_at(replace(question.words, data={"fabric": {}}), "fabric", Document(question.words.data["fabric"]))
        label = str(own.data.get("name", ""))
        own = Document({k: v for k, v in own.data.items() if k != "name"}, own.places)
        words = set_at(words, "fabric", own)
        case, problems = check_case(Document(words.data | {"seed": 0}, words.places), question.files, name=label)
        if problems:
            raise ConfigError.of(problems)
        try:
            size, facts = size_of(case), facts_of(case)
        except (GeneratorError, ValueError) as error:
            raise ConfigError.of([Problem(part.place(("compare", i)), "design.compare", str(error))]) from None
        shared = ("name", "family", "endpoints", "rate", *_FIXED)
        params = {key: value for key, value in own.data.items() if key not in shared}
        book = question.space.prices
        found.append(candidate(case.fabric["family"], params, size, book, facts.capacity, label=label))
    return found


def _space(design: dict[str, Any], part: Document, fabric: dict[str, Any], top: dict[str, Any], files: Files) -> Space:
    capacity = units.rate(fabric.get("rate", "400Gb/s"))
    host = fabric.get("endpoints_per_host", 8)
    book = prices.load(top["cost"]["prices"], files) if top["cost"] else None
    switches = [_switch(str(text), part, i) for i, text in enumerate(design["switches"] or [])]
    if not switches and book:
        rates = [(row.serves, row.at_gbps) for row in book.rows if row.ports]
        switches = [Switch(serves, None if speed is None else units.from_gbps(speed)) for serves, speed in rates]
    if not switches:
        text = "no switch is on offer; give switches, such as [64 x 400Gb/s], or cost with a price book"
        raise ConfigError.of([Problem(part.place(()), "design.switches", text)])
    planes = design["planes"] or [n for n in range(1, host + 1) if host % n == 0]
    forms = [Form(n, nic) for nic in design["nic"] for n in planes if n > 1 or nic == design["nic"][0]]
    families = design["families"] or list(FAMILIES)
    for name in families:
        if name not in FAMILIES:
            raise ConfigError.of([Problem(part.place(("families",)), "design.families", unknown(name, FAMILIES))])
    chosen = families if isinstance(families, dict) else {name: {} for name in families}
    values = {name: {k: v if isinstance(v, list) else [v] for k, v in given.items()} for name, given in chosen.items()}
    where = {"endpoints_per_host": host, "scale_up_domain": fabric.get("scale_up_domain"), "prices": book}
    return Space(design["endpoints"], tuple(switches), capacity, tuple(forms), values, **where)


def _switch(text: str, part: Document, i: int) -> Switch:
    match = _SWITCH.fullmatch(text)
    if match is None:
        text = f"{text!r} is no switch; write its ports and their rate, such as 64 x 400Gb/s"
        raise ConfigError.of([Problem(part.place(("switches", i)), "design.switches", text)])
    return Switch(int(match[1]), units.rate(match[2]) if match[2] else None)


def _rate(capacity: float) -> str:
    return f"{units.gbps(capacity):.17g}Gb/s"
