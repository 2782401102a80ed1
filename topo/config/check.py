"""Checks one case: its sections, and whether they go together, before anything is computed."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from topo.config.case import SECTIONS, Case, canonical_json
from topo.config.data import Files, Tracking
from topo.config.document import Document
from topo.config.errors import ConfigError, Problem
from topo.config.hardware import beyond_ports, latencies, with_machine, with_rates
from topo.config.nouns import Facts, bill_of, facts_of, names_of, placed_of, size_of
from topo.config.sections import check_section
from topo.generators import GeneratorError
from topo.size import Size
from traffic.demand import DemandError

#: Ranks up to which a demand is tried out while checking: beyond, building it costs more than a moment.
MAX_TRIED_RANKS = 4096


def check_case(
    words: Document,
    files: Files,
    *,
    name: str = "case",
    labels: dict[str, Any] | None = None,
    pairs: bool = True,
) -> tuple[Case, list[Problem]]:
    """Return the case that ``words`` (its sections and ``seed``) describe, and what is wrong with it.

    Where something is wrong the case is a refused one, with the problems as its text.  Without ``pairs``
    a solver that does not go with the policy is left for the solver itself to refuse.
    """
    seed = words.data.get("seed") or 0
    sections: dict[str, Any] = {}
    words, note, problems = _matched(words)
    tracked = Tracking.on(files)
    if isinstance(words.data.get("fabric"), dict):
        words = _replaced(words, with_rates(words.at("fabric"), tracked))
    if isinstance(words.data.get("traffic"), dict):
        words, wrong = _with_queue(words, tracked)
        problems = problems + wrong
    if words.data.get("fabric") is None:
        problems.append(Problem(words.place(("fabric",)), "fabric", "is missing; name a family"))
    if problems:
        given = words.data.get("fabric")
        sections["fabric"] = {"family": given.get("family")} if isinstance(given, dict) else {}
    for key in SECTIONS:
        if key not in sections:
            sections[key], wrong = _section(key, words, seed)
            problems += wrong
    if sections.get("traffic") and isinstance(sections["fabric"].get("hardware"), str):
        sections["traffic"] = with_machine(sections["traffic"], sections["fabric"]["hardware"], tracked)
    case = Case(
        name=name,
        labels=dict(labels or {}),
        sections=sections,
        seed=seed,
        panel=words.data.get("panel") or "",
        baseline=words.data.get("baseline") or "",
        files=tracked,
        notes=tuple(text for text in (note, "" if problems else beyond_ports(sections["fabric"])) if text),
    )
    if not problems:
        problems = _check_together(case, words)
        problems += _check_pair(case, words) if pairs else []
    if not problems:
        case = replace(case, notes=(*case.notes, *_remarks(case)))
    refused = "\n".join(str(problem) for problem in problems)
    return replace(case, files=tracked.only(sorted(tracked.used)), refused=refused), problems


def _section(key: str, words: Document, seed: int) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return section ``key`` of ``words`` with its defaults, None where it is absent, and what is wrong with it."""
    given, defaults = words.data.get(key), SECTIONS[key].defaults
    if given is None and not defaults:
        return None, []
    part = words.at(key) if given is not None else Document({})
    if isinstance(part.data, dict):
        part = Document({**defaults, **part.data}, part.places)
    return check_section(key, part, seed=seed)


def _with_queue(words: Document, files: Files) -> tuple[Document, list[Problem]]:
    """Return ``words`` with jobs in the place of the file that ``traffic`` names, where its pattern has any."""
    entry = SECTIONS["traffic"].registry.get(str(words.data["traffic"].get("pattern")))
    if not (parts := getattr(entry, "parts", "")):
        return words, []
    from topo.config.jobs import with_queue

    jobs, problems = with_queue(words.at("traffic"), parts, files)
    return Document(words.data | {"traffic": jobs.data}, words.places), problems


def _matched(words: Document) -> tuple[Document, str, list[Problem]]:
    """Return ``words`` with parameters in the place of ``fabric.match``, and what was chosen."""
    if not isinstance(words.data.get("fabric"), dict) or "match" not in words.data["fabric"]:
        return words, "", []
    from topo.config.match import choose

    fabric, note, problems = choose(words.at("fabric"))
    if problems:
        # The rest of the section would only be found incomplete.
        return words, "", problems
    return _replaced(words, fabric), note, []


def _replaced(words: Document, fabric: Document) -> Document:
    places = words.places | {("fabric", *path): place for path, place in fabric.places.items()}
    return Document(words.data | {"fabric": fabric.data}, places)


def _check_together(case: Case, words: Document) -> list[Problem]:
    """Return what stands in the way of running sections that are right one by one."""
    try:
        size = size_of(case)
        facts = facts_of(case)
    except (GeneratorError, ConfigError) as error:
        return [_problem(error, words, "fabric")]
    problems = []
    try:
        latencies(case.fabric["hardware"], case.files)
    except ConfigError as error:
        problems.append(Problem(words.place(("fabric", "hardware")), "fabric.hardware", str(error)))
    try:
        bill_of(case, size)
    except ConfigError as error:
        problems.append(Problem(words.place(("cost", "prices")), "cost.prices", str(error)))
    if case.routing.get("tables") is not None:
        try:
            case.files.read("tables", case.routing["tables"])
        except ConfigError as error:
            problems.append(Problem(words.place(("routing", "tables")), "routing.tables", str(error)))
    problems += _check_efficiency(case, words)
    problems += _check_availability(case, words)
    if case.traffic is not None:
        problems += _check_traffic(case, size, facts, words)
    problems += _check_placement(case, words)
    return problems


def _check_efficiency(case: Case, words: Document) -> list[Problem]:
    """Return what is wrong with the curves that the solver of ``case`` is to go by."""
    given = case.solve.get("efficiency")
    if given is None:
        return []
    from topo.config.efficiency import read_efficiency
    from topo.config.hardware import efficiency_of

    try:
        if isinstance(given, str):
            efficiency_of(given, case.files)
        else:
            written = isinstance(words.data.get("solve"), dict)
            read_efficiency(words.at("solve", "efficiency") if written else Document(given), "solve.efficiency")
    except ConfigError as error:
        place = words.place(("solve", "efficiency"))
        return [
            Problem(place, "solve.efficiency", str(error)) if isinstance(given, str) else Problem("", "", str(error))
        ]
    return []


def _remarks(case: Case) -> list[str]:
    """Return what was taken for granted of the models that ``case`` names."""
    if case.traffic is None:
        return []
    from topo.config.patterns import parts_of

    parts = [part for part in (case.traffic, *parts_of(case.traffic)) if part.get("model") is not None]
    if not parts:
        return []
    from topo.config.models import remarks

    return list(dict.fromkeys(said for part in parts for said in remarks(part.get("model"), case.files)))


def _check_availability(case: Case, words: Document) -> list[Problem]:
    """Return what is wrong with what ``case`` asks about failures and repairs."""
    given = case.sections["availability"]
    if given is None:
        return []
    text = ""
    if case.failures is not None:
        text = "looks at everything that may fail; leave failures, which takes parts out for good, to a case of its own"
    from topo.availability.rates import RatesError
    from topo.config.availability import plan_of

    try:
        plan_of(given, case.fabric["hardware"], case.files)
    except (ConfigError, RatesError) as error:
        text = str(error)
    return [Problem(words.place(("availability",)), "availability", text)] if text else []


def _check_pair(case: Case, words: Document) -> list[Problem]:
    """Return a solver that picks the routing itself, asked for with a policy that has picked it already."""
    from topo.config.patterns import parts_of
    from topo.flow import SOLVERS, unfit

    solver, policy, traffic = case.solve["solver"], case.routing["policy"], case.traffic
    if traffic is not None and len(parts_of(traffic)) > 1 and not SOLVERS[solver].side_by_side:
        fit = ", ".join(name for name, entry in SOLVERS.items() if entry.side_by_side)
        text = f"jobs share links while both of them send, which only solver {fit} follows; got {solver}"
        return [Problem(words.place(("solve", "solver")), "solve.solver", text)]
    refusal = None if traffic is None else unfit(solver, policy)
    return [] if refusal is None else [Problem(words.place(("solve", "solver")), "solve.solver", refusal)]


def _check_placement(case: Case, words: Document) -> list[Problem]:
    """Return a placement of what is not placed: traffic other than jobs."""
    from topo.config.patterns import parts_of

    if case.sections.get("placement") is None or (case.traffic and parts_of(case.traffic)):
        return []
    text = "is for jobs, and this traffic is none; give pattern jobs, with one job if need be"
    return [Problem(words.place(("placement",)), "placement", text)]


def _check_traffic(case: Case, size: Size, facts: Facts, words: Document) -> list[Problem]:
    traffic, files = case.traffic or {}, case.files
    if not size.buildable:
        text = f"{size.name} cannot be built, so no traffic runs on it: {size.reason}"
        return [Problem(words.place(("fabric",)), "fabric", text)]
    from topo.config.patterns import needs_fabric, parts_of

    for part in [traffic, *parts_of(traffic)]:
        named = [(key, "traffic", part[key]) for key in ("path", "expert_load") if isinstance(part.get(key), str)]
        for key, kind, name in named + [("model", "models", each) for each in _models_of(part)]:
            try:
                files.read(kind, name)
            except ConfigError as error:
                return [Problem(words.place(("traffic", key)), f"traffic.{key}", str(error))]
    if size.endpoints > MAX_TRIED_RANKS or needs_fabric(traffic):
        return []
    where = {"ranks_per_host": facts.per_host, "ranks_per_domain": facts.per_domain, **placed_of(case)}
    if any(part.get("nodes") for part in parts_of(traffic)):
        where["names"] = names_of(case)
    texts = tuple(sorted(files.texts.items()))
    wrong = _tried(canonical_json(traffic), size.endpoints, canonical_json(where), texts)
    return [_problem(wrong, words, "traffic")] if wrong else []


def _models_of(part: dict[str, Any]) -> list[str]:
    """Return the names and files that the ``model`` of ``part`` refers to."""
    if part.get("model") is None:
        return []
    from topo.config.models import files_of

    return files_of(part["model"])


@lru_cache(maxsize=256)
def _tried(traffic: str, n_ranks: int, where: str, texts: tuple[tuple[str, str], ...]) -> Exception | None:
    """Return the error that a demand ends in, None where it can be had."""
    import json

    from topo.config.patterns import offered

    try:
        offered(json.loads(traffic), n_ranks=n_ranks, **json.loads(where), files=Files(None, dict(texts)))
    except (DemandError, ConfigError) as error:
        return error
    return None


def _problem(error: Exception, words: Document, section: str) -> Problem:
    """Return ``error`` at the key of ``section`` that its message names first."""
    text = str(error)
    keys = words.data[section]
    found = [(match.start(), key) for key in keys if (match := re.search(rf"\b{re.escape(key)}\b", text))]
    key = min(found)[1] if found else ""
    path = (section, key) if key else (section,)
    return Problem(words.place(path), ".".join(path), text.removeprefix(f"{key}: "))
