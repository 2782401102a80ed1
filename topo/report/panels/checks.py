"""Checks: what failed, what was refused, and whether the laws held where it went well."""

from __future__ import annotations

from topo.report import labels, names, words
from topo.report.names import Case
from topo.report.panels.blocks import Notes, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.verdict import RESIDUAL_LIMIT
from topo.report.panels.view import View, largest
from topo.report.tables import Column, name, table

#: Remarks that a list on the page has at most.
MOST_NOTES = 20
_LAWS = ("method", "conservation_residual", "gap", "fairness", "bisection_per_endpoint", "bisection_method")


def panel(view: View) -> Panel:
    """Return failed cases first, then the checks of every solved case."""
    return make(
        "checks",
        "Checks",
        "Can these numbers be trusted?",
        _answer(view),
        (_damage(view), _failures(view), _laws(view), _findings(view)),
        folded=True,
    )


def _answer(view: View) -> str:
    worst = largest(view.solutions, "conservation_residual")
    sentences = []
    if view.failures:
        sentences.append(f"{words.plural(len(view.failures), 'case')} of {len(view.cases)} failed or refused.")
    else:
        sentences.append(f"All {words.plural(len(view.cases), 'case')} went through.")
    if worst is not None:
        residual = worst.get("conservation_residual")
        state = "holds" if residual <= RESIDUAL_LIMIT else "is broken"
        sentences.append(
            f"Conservation of flow {state}: the largest residual is "
            f"{words.number(residual)} (limit {RESIDUAL_LIMIT:g})."
        )
    if view.study.damage:
        sentences.insert(0, f"{words.plural(len(view.study.damage), 'damaged file')} left out.")
    gap = largest(view.solutions, "gap")
    if gap is not None and gap.get("gap") > 0:
        sentences.append(f"The largest gap to a bound is {words.percent(gap.get('gap'))} ({gap.title}).")
    return " ".join(sentences)


def _damage(view: View) -> Notes | None:
    damage = view.study.damage
    more = (f"... and {len(damage) - MOST_NOTES:,} more.",) if len(damage) > MOST_NOTES else ()
    return Notes((*damage[:MOST_NOTES], *more), "Damaged and left out", "bad") if damage else None


def _failures(view: View) -> Show | Notes:
    if not view.failures:
        return Notes(("No case failed and none was refused.",))
    columns = [name("Case"), name("Network"), name("Traffic"), name("Policy"), name("Status")]
    columns += [Column("Why", words.text, numeric=False, most=1000)]
    rows = [
        (case.record.name, case.network, case.traffic, case.policy, case.record.status, case.record.error or None)
        for case in view.failures
    ]
    return Show(table("failed", "Failed and refused cases", columns, rows))


def _laws(view: View) -> Show | None:
    if not view.solutions:
        return None
    columns = [name("Network"), name("Traffic"), name("Policy"), name("Solver")]
    shades = {"conservation_residual": _residual}
    columns += [labels.column(key, shade=shades.get(key)) for key in _LAWS]
    rows = [_row(case) for case in view.solutions]
    caption = "Laws and certificates, one row a solved case"
    return Show(table("laws", caption, columns, rows, folded=len(rows) > 8, filterable=len(rows) > 12))


def _row(case: Case) -> tuple[object, ...]:
    return (case.network, case.traffic, case.policy, case.record.part("solve").get("solver"), *map(case.get, _LAWS))


def _findings(view: View) -> Notes | None:
    """Return what the results remark about themselves, each once with the cases that say it."""
    remarks: dict[str, list[str]] = {}
    for case in view.cases:
        for line in filter(None, case.get("findings") or ()):
            remarks.setdefault(str(line), []).append(case.network)
    lines = [f"{line} ({words.listing(names.order(networks))})." for line, networks in remarks.items()]
    return Notes(tuple(lines[:MOST_NOTES]), "What the results remark") if lines else None


def _residual(value: float) -> str:
    return "good" if value <= RESIDUAL_LIMIT else "bad"
