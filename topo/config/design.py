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
from topo.config.case import SECTIONS
from topo.config.check import check_case
from topo.config.data import Files, data_root, is_path, read_text
from topo.config.design_keys import DesignFile, DesignKeys, WorkloadKeys
from topo.config.document import Document, parse_mapping, parse_scalar
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.merge import set_at, unfold, unfold_section
from topo.config.needs import CLOSED, PRICED, is_need, needs_of, wanted
from topo.config.nouns import facts_of, size_of
from topo.config.question import Question, Workload
from topo.config.shapes import check_model
from topo.design import Candidate, Form, Need, Space, Switch, candidate
from topo.generators import FAMILIES, GeneratorError
from topo.near import hint

_SWITCH = re.compile(r"\s*([1-9]\d{0,6})(?:\s*x\s*(\S+))?\s*")
#: Keys of ``fabric`` that a design fixes for all candidates; it chooses the others.
_FIXED = ("rate", "endpoints_per_host", "scale_up", "scale_up_domain", "relay", "hardware")
#: Sections that a workload may have of its own.
_OWN = ("traffic", "placement", "routing", "solve")


def load_design(source: str | Path | Sequence[str]) -> Question:
    """Return the design of a file or a shipped name, of ``key=value`` and requirement words, or of both.

    Words after a file change it: a key is set, a requirement is one more.

    Raises ConfigError with every problem, placed where it stands.
    """
    alone = isinstance(source, str | Path)
    given, *words = [str(source)] if isinstance(source, str | Path) else source
    if not alone and ("=" in given or is_need(given)):
        return _question(_of_words([given, *words], Document({}, {(): "design"})), Path())
    path = Path(given) if is_path(given) else _shipped(given)
    text = read_text(path, given)
    if not words:
        return parse_design(text, given, base=path.parent)
    return _question(_of_words(words, parse_mapping(text, given)), path.parent)


def _shipped(given: str) -> Path:
    path = data_root() / "studies" / f"{given}.yaml"
    if not path.exists():
        near = hint(given, sorted(one.stem for one in path.parent.glob("*.yaml")))
        text = "is no shipped design, file, key=value or requirement"
        raise ConfigError(f"{given}: {text}{near}; write design.yaml, endpoints=1024 or cost_usd<=8e7")
    return path


def parse_design(text: str, shown: str, *, base: Path | None = None) -> Question:
    """Return the design written in ``text``; relative paths start from ``base``."""
    return replace(_question(parse_mapping(text, shown), base or Path()), text=text)


def _of_words(words: Sequence[str], document: Document) -> Document:
    """Return ``document`` with ``words`` set in it."""
    data = {"design": {}, **document.data}
    document = Document(data, document.places)
    for word in words:
        key, equals, value = word.partition("=")
        if is_need(word):
            design = document.data["design"]
            known = (design.get("require") or []) if isinstance(design, dict) else []
            needs = Document([*known, word], {(len(known),): word} if known else {(): "requirements"})
            document = set_at(document, "design.require", needs)
        elif not equals:
            raise ConfigError(f"{word}: key=value or a requirement is needed, such as endpoints=1024 or cost_usd<=8e7")
        else:
            head, placed = key.strip().split(".")[0], Document(parse_scalar(value), {(): word})
            dotted = key.strip() if head in (*SECTIONS, "design", "seed") else f"design.{key.strip()}"
            document = set_at(document, dotted, placed)
    return document


@dataclass(frozen=True)
class _Asked:
    """Section ``design``, checked."""

    part: Document
    keys: dict[str, Any]
    workloads: list[Workload]
    needs: list[Need]
    minimize: tuple[str, ...]
    shown: list[Need]  # of the front, measured

    @property
    def endpoints(self) -> int:
        """Those of the largest stage."""
        stated: list[int] = [*self.keys["stages"], self.keys["endpoints"] or 0]
        return max(stated)

    @property
    def measured(self) -> tuple[Need, ...]:
        """Requirements that no closed form decides."""
        return tuple(need for need in self.needs if need.fact not in CLOSED)

    @property
    def closed(self) -> tuple[Need, ...]:
        """The others."""
        return (Need("endpoints", ">=", self.endpoints), *(need for need in self.needs if need.fact in CLOSED))


def _question(document: Document, base: Path) -> Question:
    document, files = unfold(document), Files(base)
    top = _checked(DesignFile, document, "")
    problems = _chosen_by_the_search(document)
    asked = _asked(document.at("design"), problems, priced=bool(top["cost"]))
    if problems:
        raise ConfigError.of(problems)
    _check_priced(top, asked.part, {*asked.minimize, *asked.keys["front"], *(need.key for need in asked.closed)})
    _check_offered(document, asked)
    fabric = document.data.get("fabric") or {}
    sections = {key: document.data[key] for key in SECTIONS if document.data.get(key)}
    question = Question(
        top["title"] or "design",
        _space(asked.keys | {"endpoints": asked.endpoints}, asked.part, fabric, top, files),
        asked.closed,
        asked.measured,
        asked.minimize,
        tuple(asked.keys["front"]),
        tuple(asked.shown),
        units.span(asked.keys["time"]),
        Document(sections | {"fabric": fabric, "seed": top["seed"]}, document.places),
        files,
        tuple(asked.workloads),
        within=_share(asked.keys["within"], asked.part, default=0.0 if asked.measured else 0.05),
        stages=tuple(asked.keys["stages"]),
    )
    return replace(question, compared=tuple(_compared(question, asked.part, asked.keys["compare"])))


def _chosen_by_the_search(document: Document) -> list[Problem]:
    """Return what is wrong with keys of ``fabric`` that no design fixes."""
    return [
        Problem(
            document.place(("fabric", key)), f"fabric.{key}", f"is for the search to choose; {unknown(key, _FIXED)}"
        )
        for key in document.data.get("fabric") or {}
        if key not in _FIXED
    ]


def _asked(part: Document, problems: list[Problem], *, priced: bool) -> _Asked:
    """Return what section ``design`` asks; what is wrong with it goes to ``problems``."""
    keys = _checked(DesignKeys, part, "design")
    if not (keys["endpoints"] or keys["stages"]):
        problems.append(Problem(part.place(()), "design.endpoints", "is missing: how many the network must hold"))
    workloads = [_workload(one, i) for i, one in enumerate(part.at("workloads").parts() if keys["workloads"] else [])]
    names = [one.name for one in workloads]
    needs = needs_of(part, names, problems)
    minimize = keys["minimize"] or (["cost_usd"] if priced else ["switches", "switch_links"])
    minimize = [minimize] if isinstance(minimize, str) else minimize
    problems += [
        Problem(part.place(("minimize",)), "design.minimize", unknown(n, CLOSED)) for n in minimize if n not in CLOSED
    ]
    return _Asked(part, keys, workloads, needs, tuple(minimize), _front(keys["front"], part, names, problems))


def _check_offered(document: Document, asked: _Asked) -> None:
    own = [one.sections.data.get("traffic") for one in asked.workloads]
    needs = [*asked.measured, *asked.shown]
    if needs and not document.data.get("traffic") and not (own and all(own)):
        text = f"{needs[0].key} is measured on traffic; add a section traffic, such as traffic=uniform"
        raise ConfigError.of([Problem(asked.part.place(("require",)), "design.require", text)])


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
