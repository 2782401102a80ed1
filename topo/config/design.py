"""The ``design`` section: what a network must do, and what it may be made of.

Written as a file, whose other sections are those of a study less the family, or as ``key=value`` words of a command
line, where ``cost_usd<=8e7`` is a requirement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from topo import units
from topo.config import prices
from topo.config.case import SECTIONS, Case
from topo.config.check import check_case
from topo.config.data import Files, data_root, is_path, read_text
from topo.config.document import Document, parse_mapping, parse_scalar
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.merge import set_at, unfold
from topo.config.sections import check_model
from topo.config.signatures import STRICT, Count, Duration
from topo.design import Candidate, Form, Need, Space, Switch
from topo.generators import FAMILIES
from topo.near import hint
from topo.quantities import QUANTITIES

#: Facts of a candidate that a closed form gives.
CLOSED = frozenset(
    {
        *("endpoints", "switches", "switch_links", "endpoint_links", "transceivers", "spare_ports", "radix", "planes"),
        *("diameter", "bisection_per_endpoint", "oversubscription", "cost_usd", "cost_per_endpoint_usd", "watts"),
    }
)
_PRICED = {"cost_usd", "cost_per_endpoint_usd", "watts"}
_NEED = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=)\s*(\S.*?)\s*")
_SWITCH = re.compile(r"\s*([1-9]\d{0,6})(?:\s*x\s*(\S+))?\s*")
#: Keys of ``fabric`` that a design fixes for all candidates; it chooses the others.
_FIXED = ("rate", "endpoints_per_host", "scale_up", "scale_up_domain", "relay", "hardware")


#: Sections that only an order reads, and those that only what is measured does.
_ORDERED = ("floor", "spares")
_MEASURED = ("traffic", "routing", "solve", "failures", "placement")


class _Design(BaseModel):
    """Keys of ``design``."""

    model_config = STRICT
    endpoints: Count
    require: list[str] = []
    minimize: str | list[str] | None = None
    front: list[str] = []
    planes: list[Count] | None = None
    nic: list[Literal["single-plane", "multi-port"]] = ["single-plane"]
    switches: list[str | Count] | None = None
    families: list[str] | dict[str, dict[str, Any]] | None = None
    time: Duration = "600s"


class _DesignFile(BaseModel):
    """Top level of a design."""

    model_config = ConfigDict(strict=True, extra="forbid", title="planewise design")
    schema_: Literal[1] = Field(alias="schema", default=1)
    title: str = ""
    description: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    design: dict[str, Any]
    fabric: dict[str, Any] | None = None
    traffic: dict[str, Any] | None = None
    routing: dict[str, Any] | None = None
    solve: dict[str, Any] | None = None
    failures: dict[str, Any] | None = None
    placement: dict[str, Any] | None = None
    floor: dict[str, Any] | None = None
    spares: dict[str, Any] | None = None
    cost: dict[str, Any] | None = None


@dataclass(frozen=True)
class Question:
    """What a design asks, checked."""

    title: str
    space: Space
    closed: tuple[Need, ...]
    measured: tuple[Need, ...]
    minimize: tuple[str, ...]
    front: tuple[str, ...]
    seconds: float  # [s] that measuring may take
    words: Document  # sections that all candidates have alike
    files: Files
    text: str = ""  # the file as written; empty where words were given

    def case(self, candidate: Candidate) -> Case:
        """Return the case that measures ``candidate``.  Raises ConfigError where its traffic does not run there."""
        return self._case(_fabric(candidate), candidate.name, without=_ORDERED)

    def order(self, candidate: Candidate) -> Case:
        """Return the case that says what to order for ``candidate``: its size, its prices, its floor, its spares."""
        return self._case(_fabric(candidate), candidate.name, without=_MEASURED)

    def baseline(self) -> Case:
        """Return the case of one switch for all endpoints: the same NICs, and nothing that blocks."""
        n = self.space.endpoints
        name, single = next((name, family.single) for name, family in FAMILIES.items() if family.single)
        return self._case(
            {"family": name, **single(n), "endpoints": n, "rate": _rate(self.space.capacity)},
            "one switch",
            without=_ORDERED,
        )

    def _case(self, fabric: dict[str, Any], name: str, *, without: tuple[str, ...]) -> Case:
        shared = {key: value for key, value in self.words.data["fabric"].items() if key != "rate"}
        kept = {key: value for key, value in self.words.data.items() if key not in without}
        words = replace(self.words, data=kept | {"fabric": shared | fabric})
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
        if _NEED.fullmatch(word):
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
    top, problems = check_model(_DesignFile, document, "")
    if problems:
        raise ConfigError.of(problems)
    part = document.at("design")
    design, problems = check_model(_Design, part, "design")
    if problems:
        raise ConfigError.of(problems)
    fabric = document.data.get("fabric") or {}
    problems = [
        Problem(
            document.place(("fabric", key)), f"fabric.{key}", f"is for the search to choose; {unknown(key, _FIXED)}"
        )
        for key in fabric
        if key not in _FIXED
    ]
    needs = [_need(text, part, i, problems) for i, text in enumerate(design["require"])]
    minimize = design["minimize"] or (["cost_usd"] if top["cost"] else ["switches", "switch_links"])
    minimize = [minimize] if isinstance(minimize, str) else minimize
    for key, names in (("minimize", minimize), ("front", design["front"])):
        problems += [Problem(part.place((key,)), f"design.{key}", unknown(n, CLOSED)) for n in names if n not in CLOSED]
    if problems:
        raise ConfigError.of(problems)
    closed = (Need("endpoints", ">=", design["endpoints"]), *(need for need in needs if need and need.key in CLOSED))
    measured = tuple(need for need in needs if need and need.key not in CLOSED)
    asked = {*minimize, *design["front"], *(need.key for need in closed)} & _PRICED
    if asked and not top["cost"]:
        text = f"{min(asked)} needs a price book; add cost, such as cost.prices=street-2024-08"
        raise ConfigError.of([Problem(part.place(()), "design", text)])
    if measured and not document.data.get("traffic"):
        text = f"{measured[0].key} is measured on traffic; add a section traffic, such as traffic=uniform"
        raise ConfigError.of([Problem(part.place(("require",)), "design.require", text)])
    sections = {key: document.data[key] for key in SECTIONS if document.data.get(key)}
    words = Document(sections | {"fabric": fabric, "seed": top["seed"]}, document.places)
    space = _space(design, part, fabric, top, files)
    keys = (tuple(minimize), tuple(design["front"]), units.span(design["time"]))
    return Question(top["title"] or "design", space, closed, measured, *keys, words, files)


def _need(text: str, part: Document, i: int, problems: list[Problem]) -> Need | None:
    place, match = part.place(("require", i)), _NEED.fullmatch(text)
    if match is None:
        problems.append(Problem(place, "design.require", f"{text!r} is not key <= value or key >= value"))
        return None
    key, sign, value = match.groups()
    numeric = {name for name, one in QUANTITIES.items() if one.kind in ("number", "integer") and one.shape != "list"}
    known = {name for name in numeric if name.isidentifier()} | CLOSED
    if key not in known:
        text = f"{key!r} is no number that a result has{hint(key, known) or '; docs/keys.md lists them'}"
        problems.append(Problem(place, "design.require", text))
        return None
    try:
        limit = units.duration(value) if key.endswith("_s") and not value[-1].isdigit() else float(value)
    except (ValueError, units.UnitError):
        problems.append(Problem(place, "design.require", f"{key}: a number is needed; got {value!r}"))
        return None
    return Need(key, "<=" if sign == "<=" else ">=", limit)


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


def _fabric(candidate: Candidate) -> dict[str, Any]:
    own = dict(candidate.params) | {"endpoints": candidate.size.endpoints, "rate": _rate(candidate.capacity)}
    return {"family": candidate.family, **own}


def _rate(capacity: float) -> str:
    return f"{units.gbps(capacity):.17g}Gb/s"
