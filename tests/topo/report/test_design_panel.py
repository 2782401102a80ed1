"""The design panel: what was chosen, the front, why others lost, what would change the choice; holes leave the rest."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import planes, view_of
from topo.cli import main
from topo.report.load import read_study
from topo.report.panels.blocks import Cards, Draw, Notes, Show
from topo.report.panels.design import panel
from topo.report.panels.view import View

BEST = {"name": "a(k=4)", "family": "a", "cost_usd": 5e6, "switches": 12, "diameter": 4}
DESIGN = {
    "best": BEST,
    "proven": True,
    "front": [BEST, {"name": "b(q=3)", "cost_usd": 7e6, "diameter": 2}],
    "front_keys": ["cost_usd", "diameter"],
    "minimize": ["cost_usd"],
    "requirements": ["endpoints >= 64"],
    "losers": [{"name": f"b(q={q})", "binding": f"endpoints {q} < 64"} for q in range(40)],
    "considered": 42,
    "measured": 2,
    "sensitivity": [
        {"of": "price of switch", "change": "dearer", "at": "2.5x", "value": 2.5, "sure": True, "name": "b(q=3)"},
        {"of": "slowdown at most 1.05", "change": "relaxed", "at": "1.5", "value": 1.5, "name": "b(q=3)"},
    ],
}


def view(**design):
    base = view_of([record("a", {}, {"fabric": {"family": "a"}}, {})])
    return View(replace(base.study, design=DESIGN | design))


def kinds(shown):
    return [type(block) for block in shown.blocks]


def test_everything_is_shown():
    shown = panel(view())
    assert shown.answer == (
        "Take a(k=4) (cost $5\xa0million), because none of 42 networks meets all requirements with less, by proof."
    )
    assert kinds(shown) == [Notes, Cards, Draw, Show, Show, Draw]
    _, _, rim, few, losers, flips = shown.blocks
    assert rim.figure.finding == "2 networks are worth a choice: the best, and b(q=3)."
    assert (len(few.table.rows), len(losers.table.rows)) == (1, 40)
    assert (
        flips.figure.finding
        == "The nearest change: with the price of switch at 2.50 times what it is, b(q=3) costs less."
    )
    assert len(flips.figure.table.rows) == 2
    compared = panel(view(losers=[{"name": "b(q=9)", "compared": True}, *DESIGN["losers"]])).blocks[3]
    assert [row[0] for row in compared.table.rows] == ["b(q=9)", "b(q=0)"]


def test_what_was_measured_and_stages_are_shown():
    rows = [BEST | {"measured": {"slowdown": 1.02}}, {"name": "b(q=3)", "cost_usd": 7e6, "measured": {"slowdown": 1.0}}]
    stages = [{"endpoints": 32, "name": "a(k=2)", "usd": 3e6}, {"endpoints": 64, "name": "a(k=4)", "usd": 2e6}]
    shown = panel(view(front=rows, front_keys=["cost_usd", "slowdown"], growth=stages, sensitivity=None, losers=None))
    assert kinds(shown) == [Notes, Cards, Draw, Show]
    assert shown.blocks[2].figure.variants[0].spec["data"][0]["y"] == [1.02, 1.0]


def test_nothing_meets_all():
    shown = panel(view(best=None, conflict=["endpoints >= 64", "cost_usd <= 1"], front=[], sensitivity=None))
    assert shown.answer == "None of 42 networks meets all requirements."
    assert kinds(shown) == [Notes, Notes, Show, Show]
    assert panel(view(best=None, proven=False)).answer == "Time ended before one was found."


def test_holes_leave_the_rest():
    rows = [{"name": None}, 3, {"name": "b(q=3)", "cost_usd": None, "diameter": None}]
    shown = panel(view(front=rows, losers="none", sensitivity=[{}, 4], front_keys=["unheard_of", "diameter"]))
    assert kinds(shown) == [Notes, Cards]
    assert not re.search("None|nan", shown.answer)
    assert panel(view_of(planes())) is None


def test_a_design_leaves_its_answer_and_its_page(tmp_path, capsys):
    """What --json prints stands in design.json; the page speaks of it, and of what to order in a floor."""
    words = ["endpoints=64", "switches=[8, 16]", "families=[fat-tree-2, slim-fly]", "cost.prices=list-2022"]
    words += ["traffic=uniform", "slowdown<=2", "planes=[1]", "floor.racks_per_row=4", "spares.cable=2%"]
    assert main(["design", *words, "--json", "-o", str(tmp_path)]) == 0
    printed = json.loads(capsys.readouterr().out)
    study = read_study(tmp_path)
    assert study.design["best"] == printed["best"]
    assert study.design["requirements"] == ["endpoints >= 64", "slowdown <= 2"]
    assert [bool(one.results.get("bill")) for one in study.records] == [True, False]
    lists = {path.name for path in (tmp_path / "order").iterdir()}
    assert lists == {"bill.csv", "cabling.csv", "racks.csv", "order.xlsx"}
    page = (tmp_path / "index.html").read_text()
    assert 'id="design"' in page and 'id="fig-floor"' in page
    (tmp_path / "design.json").write_text("{")
    torn = read_study(tmp_path)
    assert torn.design == {} and "design.json" in torn.damage[0]


def test_a_design_that_nothing_meets_leaves_its_answer_alone(tmp_path):
    words = ["endpoints=64", "switches=[8]", "diameter<=1", "families=[fat-tree-2]"]
    assert main(["design", *words, "-o", str(tmp_path)]) == 4
    assert json.loads((tmp_path / "design.json").read_text())["conflict"]
    assert not (tmp_path / "index.html").exists()
