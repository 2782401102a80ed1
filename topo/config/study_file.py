"""Study files: one YAML document that expands into cases.

A base (the sections of ``SECTIONS``, and ``seed``), ``cases`` that override it, and
``sweep`` axes that cross with every case.  A case may bring axes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from topo.config.baseline import opponents
from topo.config.case import SECTIONS, TOLERANCE, Case, Study, axis_part
from topo.config.check import check_case
from topo.config.data import Files, data_root, is_path, names, read_text
from topo.config.document import Document, Places, TooLarge, parse_mapping, parse_scalar
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.merge import merge, set_at, unfold
from topo.config.seeds import following
from topo.config.shapes import check_model
from topo.config.sweep import MAX_CASES, Axis, Point, axes_of, points_of
from topo.units import share

#: Keys beside the sections that a case inherits from the study.
_INHERITED = ("seed", "seeds", "panel", "baseline")


#: A share between 0 and 1, as a number or in percent.
Tolerance = Annotated[str | float | int, AfterValidator(share)]


class _Overridable(BaseModel):
    """What a study gives all its cases and a case may give itself; sections are checked case by case."""

    model_config = ConfigDict(strict=True, extra="forbid")
    seed: Annotated[int, Field(ge=0)] = 0
    seeds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    panel: str = ""
    baseline: Annotated[str, Field(min_length=1)] | None = None
    sweep: dict[str, Any] | None = None


class _StudyFile(_Overridable):
    """Top level of a study file."""

    model_config = ConfigDict(title="planewise study")
    schema_: Literal[1] = Field(alias="schema")
    title: str
    description: str = ""
    cases: list[dict[str, Any]] | None = None
    exclude: list[dict[str, Any]] | None = None
    tolerance: Tolerance = TOLERANCE
    invalid: Literal["error", "record"] = "error"


class _CaseEntry(_Overridable):
    """One entry of ``cases:``."""

    name: str | None = None


def study_shape() -> type[BaseModel]:
    """Return the model of the top level of a study file."""
    return _with_sections(_StudyFile, tuple(SECTIONS))


@lru_cache
def _with_sections(shape: type[BaseModel], sections: tuple[str, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = dict.fromkeys(sections, (dict[str, Any] | str | None, None))
    return create_model(shape.__name__.lstrip("_"), __base__=shape, __doc__=shape.__doc__, **fields)


@dataclass(frozen=True)
class Draft:
    """A case before it is checked: merged words, each with its place."""

    name: str
    labels: dict[str, Any]
    words: Document


def load_study(source: str | Path, overrides: Sequence[str] = ()) -> Study:
    """Return the study of a file or a shipped name; ``overrides`` are ``key=value`` texts and win over the file.

    Raises ConfigError with every problem of every case as file:line:column, key, rule and cure.
    """
    text, shown, base = _read(source)
    return parse_study(text, shown, base=base, overrides=overrides)


def holds_design(source: str | Path) -> bool:
    """Return whether a file or a shipped name is a design, which chooses its network, rather than a study.

    Raises ConfigError for what cannot be read, or is no mapping.
    """
    text, shown, _ = _read(source)
    return "design" in parse_mapping(text, shown).data


def _read(source: str | Path) -> tuple[str, str, Path]:
    """Return the text of a file or a shipped name, what messages call it, and the folder that its paths start from."""
    given = str(source)
    path = Path(given)
    if not is_path(given):
        if given not in names("studies"):
            raise ConfigError(f"study {unknown(given, names('studies'))} (a file needs a / or a suffix)")
        path = data_root() / "studies" / f"{given}.yaml"
    return read_text(path, given), given if is_path(given) else path.name, path.parent


def parse_study(text: str, shown: str, *, base: Path | None = None, overrides: Sequence[str] = ()) -> Study:
    """Return the study written in ``text``; relative paths start from ``base``."""
    pins = [_override(text) for text in overrides]
    document = parse_mapping(text, shown)
    if "design" in document.data:
        raise ConfigError(f"{document.place(('design',))}: a design is no study: topo design searches its network")
    for dotted, value in pins:
        if dotted.split(".")[0] not in SECTIONS:
            document = set_at(document, dotted, value)
    _, problems = check_model(study_shape(), document, "")
    if problems:
        raise ConfigError.of(problems)
    sections = [pin for pin in pins if pin[0].split(".")[0] in SECTIONS]
    drafts = list(_expand(unfold(document), sections))
    keep = document.data.get("invalid") == "record"
    cases = tuple(_checked(drafts, Files(base if base is not None else Path()), keep=keep))
    return Study(
        name=Path(shown).stem,
        title=document.data["title"],
        cases=cases,
        text=text,
        description=document.data.get("description") or "",
        overrides=tuple(overrides),
        opponents=opponents(cases) if any(case.baseline for case in cases) else (),
        tolerance=share(document.data.get("tolerance", TOLERANCE)),
    )


def _override(text: str) -> tuple[str, Document]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {text}: key=value is needed, such as fabric.planes=4")
    try:
        return key.strip(), Document(parse_scalar(value), {(): f"--set {text}"})
    except TooLarge as error:
        raise ConfigError(f"--set {text}: {error}") from None


def _expand(document: Document, pins: list[tuple[str, Document]]) -> Iterator[Draft]:
    """Return every case of the study, merged: cases in order, each crossed with the axes."""
    inherited = (*SECTIONS, *_INHERITED)
    base = _only(document, inherited)
    pinned = {path for path, _ in pins}
    shared = axes_of(document.at("sweep")) if "sweep" in document.data else []
    entries = document.at("cases").parts() if document.data.get("cases") else []
    excluded = document.data.get("exclude") or []
    count = 0
    for number, entry in enumerate(map(_entry, entries or [Document({})])):
        words = merge(base, _only(entry, inherited))
        words = _pinned(words, pins)
        own = axes_of(entry.at("sweep")) if "sweep" in entry.data else []
        axes = [a for a in _joined(shared, own) if a.name not in pinned] + _seeds(words)
        name = entry.data.get("name") or (f"case {number + 1}" if len(entries) > 1 else "")
        for points in points_of(axes, document.place(("sweep",))):
            count += 1
            if count > MAX_CASES:
                raise ConfigError(f"{document.place(('cases',))}: cases: over {MAX_CASES} in all; split the study")
            draft = _draft(words, name, points, pins)
            if not any(_matches(draft, rule) for rule in excluded):
                yield draft


def _entry(entry: Document) -> Document:
    _, problems = check_model(_with_sections(_CaseEntry, tuple(SECTIONS)), entry, "cases")
    if problems:
        raise ConfigError.of(problems)
    return unfold(entry)


def _only(document: Document, keys: Sequence[str]) -> Document:
    data = {key: document.data[key] for key in keys if key in document.data}
    places = {path: place for path, place in document.places.items() if not path or path[0] in data}
    return Document(data, places)


def _joined(shared: list[Axis], own: list[Axis]) -> list[Axis]:
    """Return the study's axes and the case's; one that both name is the case's."""
    mine = {axis.name for axis in own}
    return [axis for axis in shared if axis.name not in mine] + own


def _seeds(words: Document) -> list[Axis]:
    """Return the axis that ``seeds: n`` stands for: n seeds that follow from the root seed alone."""
    n, root = words.data.get("seeds"), words.data.get("seed") or 0
    if not n:
        return []
    place: Places = {(): words.place(("seeds",))}
    return [Axis("seed", tuple(Point((("seed", Document(seed, place)),), seed) for seed in following(root, n)))]


def _pinned(words: Document, pins: list[tuple[str, Document]]) -> Document:
    """Return ``words`` with every pin whose section is there."""
    for path, value in pins:
        section = path.split(".")[0]
        if SECTIONS[section].default or words.data.get(section) is not None:
            words = set_at(words, path, value)
    return words


def _draft(words: Document, name: str, points: dict[str, Point], pins: list[tuple[str, Document]]) -> Draft:
    labels: dict[str, Any] = {"case": name} if name else {}
    for axis, point in points.items():
        for path, value in point.values:
            words = set_at(words, path, value)
        labels[axis] = point.label
    words = _pinned(words, pins)  # again: an axis may have brought the section
    data = dict(words.data)
    for section in SECTIONS:
        if isinstance(data.get(section), dict) and "name" in data[section]:
            data[section] = dict(data[section])
            labels.setdefault(section, data[section].pop("name"))
    parts = [axis_part(axis, label) for axis, label in labels.items() if axis in points]
    title = " / ".join([*([name] if name else []), *parts])
    return Draft(title or str(labels.get("fabric") or "case"), labels, replace(words, data=data))


def _matches(draft: Draft, rule: dict[str, Any]) -> bool:
    """Return whether a draft has every value of an ``exclude`` rule: by label, or by what it holds."""
    for dotted, wanted in rule.items():
        value: Any = draft.words.data
        for step in dotted.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        choices = wanted if isinstance(wanted, list) else [wanted]
        if value not in choices and draft.labels.get(dotted) not in choices:
            return False
    return bool(rule)


def _checked(drafts: list[Draft], files: Files, *, keep: bool) -> list[Case]:
    cases: list[Case] = []
    wrong: dict[Problem, list[str]] = {}
    for draft in drafts:
        case, problems = check_case(draft.words, files, name=draft.name, labels=draft.labels)
        cases.append(case)
        for problem in problems if not (keep and case.fabric) else ():
            wrong.setdefault(problem, []).append(draft.name)
    if wrong:
        raise ConfigError.of(_told(problem, where, len(drafts)) for problem, where in wrong.items())
    _check_names(cases)
    return cases


def _told(problem: Problem, where: list[str], n_cases: int) -> Problem:
    """Return the problem with the case it came up in, where not every case has it."""
    if len(where) == n_cases:
        return problem
    more = f" and {len(where) - 1} more" if len(where) > 1 else ""
    return replace(problem, text=f"{problem.text} (case {where[0]}{more})")


def _check_names(cases: list[Case]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.name in seen:
            raise ConfigError(f"two cases are called {case.name!r}; give each a name of its own")
        seen.add(case.name)
