"""Design: which network was chosen, what it was chosen from, why others lost, and what would change the choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from topo.quantities import QUANTITIES
from topo.report import labels, words
from topo.report.figures.axes import figure
from topo.report.figures.fields import Spot, front
from topo.report.figures.marks import Series, dots
from topo.report.labels import column
from topo.report.panels.blocks import Card, Cards, Draw, Notes, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.specs import in_words, marks
from topo.report.tables import Table, name, table

#: Facts of a network that tables show, where one has them.
_FACTS = (
    "endpoints", "planes", "switches", "switch_links", "diameter", "bisection_per_endpoint", "oversubscription",
    "cost_usd", "cost_per_endpoint_usd", "watts", "slowdown", "completion_s", "normalized_throughput",
)  # fmt: skip
#: Ways in which the price of a part changes; other changes are of limits.
_PRICES = ("dearer", "cheaper")
#: Losers that the page lists; design.json has all.
MOST_LOSERS = 200


def panel(view: View) -> Panel | None:
    """Return what a search chose and why; None for a study that made none."""
    design = view.study.design
    best = _row(design.get("best"))
    if not design:
        return None
    blocks = (
        _needs(design),
        _cards(design, best),
        _conflict(design),
        _front(design, best),
        _runners(design),
        *_losers(design),
        _sensitivity(design),
        _growth(design),
    )
    return make("design", "Design", "Which network meets the requirements best?", _answer(design, best), blocks)


def _answer(design: Mapping[str, Any], best: Mapping[str, Any]) -> str:
    of = f"of {words.plural(int(design.get('considered') or 0), 'network')}"
    if not best:
        return f"None {of} meets all requirements." if design.get("proven") else "Time ended before one was found."
    least = next((str(key) for key in design.get("minimize") or () if _is_key(key)), "")
    price = f" ({_words(least, best[least])})" if least and best.get(least) is not None else ""
    better = {"less": " with less", "more": " with more"}.get(QUANTITIES[least].better or "", "") if least else ""
    proven = f"because none {of} meets all requirements{better}, by proof"
    return f"Take {in_words(best)}{price}, {proven if design.get('proven') else 'the best found before time ended'}."


def _needs(design: Mapping[str, Any]) -> Notes | None:
    needs = tuple(str(need) for need in design.get("requirements") or ())
    return Notes(needs, "What was required") if needs else None


def _words(key: str, value: Any) -> str:
    return f"{QUANTITIES[key].title} {labels.form(key)(value)}"


def _is_key(key: Any) -> bool:
    return str(key) in QUANTITIES


def _row(value: Any) -> dict[str, Any]:
    """Return a network with what was measured on it among its facts; empty where it is none."""
    if not isinstance(value, dict) or not value.get("name"):
        return {}
    more = value.get("measured")
    return value | more if isinstance(more, dict) else value


def _rows(design: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = design.get(key)
    return [row for one in value if (row := _row(one))] if isinstance(value, list) else []


def _cards(design: Mapping[str, Any], best: Mapping[str, Any]) -> Cards | None:
    if not best:
        return None
    keys = [key for key in ("cost_usd", "switches", "switch_links", "watts", "slowdown") if best.get(key) is not None]
    facts = tuple(Card(labels.heading(key), labels.form(key)(best[key]).replace(words.NARROW, " ")) for key in keys)
    count = f"{words.count(design.get('measured') or 0)} of them measured"
    return Cards((*facts, Card("Networks considered", words.count(design.get("considered")), count)))


def _conflict(design: Mapping[str, Any]) -> Notes | None:
    conflict = tuple(str(need) for need in design.get("conflict") or ())
    return Notes(conflict, "The fewest requirements that no network meets together", "bad") if conflict else None


def _front(design: Mapping[str, Any], best: Mapping[str, Any]) -> Draw | None:
    """Return the front over the first two keys that were asked for; None where it is not there, or a single network."""
    rows = _rows(design, "front")
    keys = [str(key) for key in design.get("front_keys") or () if _is_key(key)][:2]
    rows = [row for row in rows if all(isinstance(row.get(key), int | float) for key in keys)]
    if len(keys) < 2 or len(rows) < 2:
        return None
    rows.sort(key=lambda row: (row[keys[0]], row[keys[1]]))
    place = [", ".join((row["name"], _place(row, keys))) for row in rows]
    spots = [Spot(mark, row[keys[0]], row[keys[1]], at) for row, mark, at in zip(rows, marks(rows), place, strict=True)]
    drawing = front(spots, range(len(spots)), labels.axis(keys[0]), labels.axis(keys[1]))
    for axis, key in (("xaxis", keys[0]), ("yaxis", keys[1])):
        drawing["layout"][axis] |= {"range": _around([float(row[key]) for row in rows]), "rangemode": "normal"}
    other = [in_words(row) for row in rows if row["name"] != best.get("name")]
    finding = f"{words.plural(len(rows), 'network')} are worth a choice: the best, and {words.listing(other, 3)}."
    how = "None of all networks that meet the requirements is as good as one of these in every key of the front."
    return Draw(figure("fig-front", finding, how, drawing, _networks("front", "The front", rows)))


def _around(values: Sequence[float]) -> list[float]:
    """Return the ends of an axis: a front lies far from 0, and names stand to the right of its marks."""
    span = max(values) - min(values) or 1.0
    return [min(values) - 0.2 * span, max(values) + span]


def _place(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    return ", ".join(_words(key, row[key]) for key in keys)


def _networks(id: str, caption: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    keys = [key for key in _FACTS if any(row.get(key) is not None for row in rows)]
    lines = ((row["name"], *map(row.get, keys)) for row in rows)
    return table(id, caption, [name("Network"), *map(column, keys)], lines, filterable=len(rows) > 12)


def _runners(design: Mapping[str, Any]) -> Show | None:
    rows = _rows(design, "runners")
    return Show(_networks("runners", "Runners-up that meet all requirements", rows)) if rows else None


def _losers(design: Mapping[str, Any]) -> tuple[Show, ...]:
    """Return why the nearest of each family lost, and the nearest of all."""
    rows = _rows(design, "losers")
    if not rows:
        return ()
    few = one_a_family(rows)
    one = _reasons("losers", "Why others lost, one of each family", few)
    if len(rows) == len(few):
        return (Show(one),)
    nearest = rows[:MOST_LOSERS]
    note = f"The first {words.count(len(nearest))} of {words.count(len(rows))}." if len(nearest) < len(rows) else ""
    return Show(one), Show(_reasons("all-losers", "Why others lost", nearest, note=note, filterable=True, folded=True))


def _reasons(id: str, caption: str, rows: Sequence[Mapping[str, Any]], **look: Any) -> Table:
    keys = [key for key in _FACTS if any(row.get(key) is not None for row in rows)]
    columns = [name("Network"), column("design:losers.binding"), *map(column, keys)]
    return table(id, caption, columns, ((row["name"], row.get("binding"), *map(row.get, keys)) for row in rows), **look)


def one_a_family(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first row of each family, as names begin with it, and those that the design itself names."""
    families: set[str] = set()
    few = []
    for row in rows:
        family = str(row.get("family") or row["name"].partition("(")[0])
        if row.get("compared") or family not in families:
            families |= set() if row.get("compared") else {family}
            few.append(row)
    return few


def _sensitivity(design: Mapping[str, Any]) -> Draw | Show | None:
    """Return at which prices and limits another network is chosen; None where the search looked for none."""
    flips = _rows(design, "sensitivity")
    if not flips:
        return None
    lines = [(_change(row), row.get("at"), row["name"], row.get("cost_usd")) for row in flips]
    columns = [name("What changes"), name("From"), name("Network that is chosen then"), column("cost_usd")]
    numbers = table("sensitivity", "What would change the choice", columns, lines)
    prices = [row for row in flips if row.get("change") in _PRICES and isinstance(row.get("value"), int | float)]
    if not prices:
        return Show(numbers)
    texts = [f"{row.get('at')}: {row['name']}" for row in prices]
    series = [Series("the choice changes", [float(row["value"]) for row in prices], texts)]
    nearest = min(prices, key=lambda row: abs(float(row["value"]) - 1))
    times = f"{words.number(nearest['value'])} times what it is"
    finding = f"The nearest change: with the {nearest.get('of')} at {times}, {in_words(nearest)} costs less."
    how = "A mark where another network costs less, with all other prices as they are; the line is today's price."
    drawing = dots([_change(row) for row in prices], series, "price over the book's", at=1.0)
    return Draw(figure("fig-sensitivity", finding, how, drawing, numbers))


def _change(row: Mapping[str, Any]) -> str:
    return " ".join(str(row[key]) for key in ("of", "change") if row.get(key))


def _growth(design: Mapping[str, Any]) -> Show | None:
    """Return the networks of the stages with what is paid at each; None where none were asked for."""
    rows = _rows(design, "growth")
    columns = [column("endpoints"), name("Network"), column("cost_usd")]
    lines = ((row.get("endpoints"), row["name"], row.get("usd")) for row in rows)
    return Show(table("growth", "Cheapest way through the stages", columns, lines)) if rows else None
