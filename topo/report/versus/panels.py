"""The panels of a comparison: verdict, differences, inputs, and what stands in one study alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import labels, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, dots
from topo.report.names import Case
from topo.report.panels.blocks import Block, Card, Cards, Draw, Notes, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, name, table
from topo.report.versus.pairs import MEASURES, Change, Pairs, changes, inputs

#: Cases that a figure draws: those that changed most.
MOST_ROWS = 24
#: Inputs that the verdict names.
MOST_INPUTS = 4


def panels(a: View, b: View, pairs: Pairs) -> list[Panel]:
    """Return the panels of A against B, verdict first."""
    results = changes(pairs)
    return [
        _verdict(a, b, pairs, results),
        _differences(results),
        _inputs(a, b, pairs),
        _cases(pairs),
    ]


def _verdict(a: View, b: View, pairs: Pairs, results: list[Change]) -> Panel:
    n = len({change.case for change in results if change.verdict != "same"})
    cards = [Card("Cases in both", words.count(len(pairs.both)))]
    cards.append(Card("of them with a difference", words.count(n), state="warn" if n else "good"))
    for key in MEASURES:
        of = [c for c in results if c.key == key and c.ratio is not None]
        if any(c.verdict != "same" for c in of):
            cards.append(_card(key, of))
    alone = len(pairs.only_a) + len(pairs.only_b)
    cards.append(Card("In one study alone", words.count(alone), state="warn" if alone else "plain"))
    warnings = [
        f"{words.plural(len(view.failures), 'case')} of {letter} failed or refused."
        for letter, view in (("A", a), ("B", b))
        if view.failures
    ]
    notes = Notes(tuple(warnings), "Before you rely on it", "warn") if warnings else None
    blocks = (_inputs_first(pairs), notes, Cards(tuple(cards)))
    return make("verdict", "Verdict", "How does B differ from A?", _sentence(pairs, results, n), blocks)


def _inputs_first(pairs: Pairs) -> Notes | None:
    """Return what B was asked that A was not, the inputs of most cases first; None where both were asked the same."""
    rows = sorted(inputs(pairs), key=lambda row: -row[3])
    if not rows:
        return None
    items = [f"{key}: {a} in A, {b} in B ({words.plural(count, 'case')})" for key, a, b, count in rows[:MOST_INPUTS]]
    more = (
        [f"and {words.plural(len(rows) - MOST_INPUTS, 'input')} more, listed below"] if len(rows) > MOST_INPUTS else []
    )
    return Notes((*items, *more), "What was asked differently")


def _card(key: str, of: Sequence[Change]) -> Card:
    verdicts = [change.verdict for change in of]
    better, worse = verdicts.count("better"), verdicts.count("worse")
    value = "same" if not better + worse else f"{better} better, {worse} worse"
    state = "good" if better and not worse else "bad" if worse and not better else "warn" if worse else "plain"
    most = min(of, key=lambda change: change.rank)
    note = f"at most B / A = {words.number(most.ratio)}: {most.where}" if better + worse else ""
    return Card(labels.heading(key), value, note, state)


def _sentence(pairs: Pairs, results: list[Change], n: int) -> str:
    if not pairs.both:
        return "The two studies have no case in common: neither inputs nor names nor labels match."
    differences = [change for change in results if change.verdict != "same"]
    if not differences:
        return f"Every result compared is the same in {_all(pairs)}."
    most = min(differences, key=lambda c: c.rank)
    some = _all(pairs).capitalize() if n == len(pairs.both) else f"{n:,} of {len(pairs.both):,} matched cases"
    sentence = f"{some} {'differs' if n == 1 else 'differ'}"
    if most.ratio is None:
        return f"{sentence}: the {labels.title(most.key)} of {most.where} is {most.verdict}."
    form = labels.form(most.key)
    change = f"the {labels.title(most.key)} of {most.where}: {form(most.a)} in A, {form(most.b)} in B"
    return f"{sentence}; most of all {change}."


def _all(pairs: Pairs) -> str:
    n = len(pairs.both)
    return "the one matched case" if n == 1 else f"all {n:,} matched cases"


def _differences(results: list[Change]) -> Panel:
    differences = sorted((c for c in results if c.verdict != "same"), key=lambda c: c.rank)
    n, every = len(differences), words.plural(len(results), "compared result")
    answer = f"{n:,} of {every} {'differs' if n == 1 else 'differ'}; the others are the same in both."
    blocks: list[Block] = []
    if differences:
        columns = [name("Case"), name("Measure"), name("A"), name("B")]
        columns += [Column("Difference", words.signed_percent, "of A"), Column("B / A", words.number)]
        columns.append(Column("B is", words.text, numeric=False, shade=_shade))
        rows = [
            (c.where, labels.title(c.key), _value(c, c.a), _value(c, c.b), _share(c), c.ratio, c.verdict)
            for c in differences
        ]
        note = "Largest changes first. Better means less time, congestion and cost, and more throughput."
        listing = table("changes", "Results that differ", columns, rows, filterable=len(rows) > 12, note=note)
        blocks = [Draw(_figure(differences)), Show(listing)]
    return make("differences", "Differences", "Which results differ, and how far?", answer, blocks)


def _shade(verdict: Any) -> str:
    return {"better": "good", "worse": "bad", "same": "quiet"}.get(str(verdict), "warn")


def _value(change: Change, value: float | None) -> str | None:
    return None if value is None else labels.form(change.key)(value)


def _share(change: Change) -> float | None:
    return None if change.a is None or change.b is None or not change.a else (change.b - change.a) / change.a


def _figure(differences: Sequence[Change]) -> Figure:
    """Return both values of each measure that changed side by side, the cases that changed most first."""
    of = {key: [c for c in differences if c.key == key] for key in MEASURES}
    variants = [Variant(labels.title(key), _drawing(key, some[:MOST_ROWS])) for key, some in of.items() if some]
    most = differences[0]
    sentence = (
        f"{labels.heading(most.key)} of {most.where} changes most: {_value(most, most.a)} to {_value(most, most.b)}."
    )
    how = f"One row for each case that differs, largest change first; at most {MOST_ROWS} are drawn."
    return Figure("fig-versus", sentence, how, tuple(variants), None, "measure")


def _drawing(key: str, of: Sequence[Change]) -> dict[str, Any]:
    factor, title = labels.scale(key, [v for c in of for v in (c.a, c.b)])
    series = [
        Series(letter, [None if v is None else v * factor for v in values], list(map(labels.form(key), values)))
        for letter, values in (("A", [c.a for c in of]), ("B", [c.b for c in of]))
    ]
    return dots([c.where for c in of], series, title)


def _inputs(a: View, b: View, pairs: Pairs) -> Panel:
    rows = inputs(pairs)
    run = [(key, one, other) for key, one, other in _runs(a, b)]
    differ = sum(one != other for _, one, other in run)
    sentence = f"{words.plural(len(rows), 'input')} of matched cases {'differs' if len(rows) == 1 else 'differ'}"
    sentence += f", {differ} of {len(run)} facts of the runs." if run else "."
    columns = [name("Key"), name("A"), name("B"), Column("Cases", words.count, "matched")]
    blocks: list[Block] = [Notes(("Every input of every matched case is the same in both.",))]
    if rows:
        blocks = [Show(table("inputs-table", "Inputs that differ", columns, rows, filterable=len(rows) > 12))]
    lines = [line for line in run if line[1] != line[2]]
    if lines:
        blocks.append(Show(table("runs", "Where the two runs differ", (name("Key"), name("A"), name("B")), lines)))
    return make("inputs", "Inputs", "What was asked differently?", sentence, blocks)


def _runs(a: View, b: View) -> list[tuple[str, str, str]]:
    """Return what both runs say of themselves, key by key; times of day tell nothing and stay out."""
    one, other = ({"title": v.study.title, "cases": len(v.cases), **v.study.run} for v in (a, b))
    versions = [(r.pop("versions", None) or {}) if isinstance(r.get("versions"), dict) else {} for r in (one, other)]
    keys = [
        k for k in (*one, *other) if k not in ("finished", "started", "seconds") and not isinstance(one.get(k), dict)
    ]
    rows = [
        (key.replace("_", " "), words.text(one.get(key)), words.text(other.get(key))) for key in dict.fromkeys(keys)
    ]
    libraries = sorted(versions[0].keys() | versions[1].keys())
    return rows + [
        (f"version of {k}", words.text(versions[0].get(k)), words.text(versions[1].get(k))) for k in libraries
    ]


def _cases(pairs: Pairs) -> Panel:
    alone = [("A", case) for case in pairs.only_a] + [("B", case) for case in pairs.only_b]
    bad = [(letter, case) for pair in pairs.both for letter, case in zip("AB", pair, strict=True) if not case.record.ok]
    blocks: list[Block] = []
    if alone:
        blocks.append(Show(_case_table("alone", "Cases in one study alone", alone)))
    if bad:
        blocks.append(Show(_case_table("bad", "Matched cases that failed or were refused", bad)))
    sentence = (
        f"{words.plural(len(pairs.only_a), 'case')} in A alone, {words.plural(len(pairs.only_b), 'case')} in B alone"
    )
    sentence += f"; {words.plural(len(bad), 'matched case')} failed or refused." if bad else "."
    return make("cases", "Cases", "Which cases have no counterpart?", sentence, blocks)


def _case_table(id: str, caption: str, cases: Sequence[tuple[str, Case]]) -> Any:
    columns = [name("Study"), name("Case"), name("What"), name("Status")]
    columns += [Column("Reason", words.text, numeric=False, most=400)]
    rows = [(letter, c.record.name, c.title, c.record.status, c.record.error or None) for letter, c in cases]
    return table(id, caption, columns, rows, filterable=len(rows) > 12)
