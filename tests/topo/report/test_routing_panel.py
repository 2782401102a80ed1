"""The routing panel: seeds of one setting stand together as a mean with its range, beside the certified optimum."""

from __future__ import annotations

import itertools
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.topo.report.sample import record
from topo.report.load import Record, Study
from topo.report.panels.blocks import Draw
from topo.report.panels.routing import optimum, panel
from topo.report.panels.seeds import repeats
from topo.report.panels.view import View


def case(policy: str, share: float, seed: int, *, network: str = "FT2", **results: Any) -> Record:
    """Return one case whose seed is in all that draws at random, as `topo study` stores it."""
    parts = {"fabric": {"family": "fat-tree-2"}, "traffic": {"pattern": "permutation", "seed": seed}, "seed": seed}
    parts |= {"routing": {"policy": policy} | ({"seed": seed} if policy == "ecmp-hash" else {})}
    parts |= {"solve": {"solver": "completion"}}
    labels: dict[str, Any] = {"fabric": network, "traffic": "permutation", "routing.policy": policy, "seed": seed}
    found = {"normalized_throughput": share, "theta": 100.0 * share, "bound": 100.0}
    found |= {"bound_is_optimum": policy == "optimal"} | results
    row = record(f"{network} {policy} {seed}", labels, parts, found)
    return Record(row["case"]["name"], row["hash"], "ok", "", row["case"], row["results"], (), Path("none"))


def view_of(*records: Record) -> View:
    return View(Study(Path("s"), records, {}, ""))


def seeded(hashed: list[float]) -> View:
    """Return ecmp-hash drawn once a share, with ecmp and the optimum beside each."""
    rows = [case("ecmp-hash", share, 100 + i) for i, share in enumerate(hashed)]
    rows += [case("ecmp", 1.0, 100 + i) for i in range(len(hashed))]
    rows += [case("optimal", 1.0, 100 + i, gap=0.0) for i in range(len(hashed))]
    return view_of(*rows)


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6))
def test_seeds_fall_together_and_nothing_is_lost(hashed):
    """Every computed case is in exactly one group; a group's mean lies within its range."""
    view = seeded(hashed)
    held = repeats(view)
    assert sorted(id(c) for one in held for c in one.cases) == sorted(id(c) for c in view.solutions)
    assert [one.policy for one in held] == ["ecmp-hash", "ecmp", "optimal"]
    drawn = held[0]
    assert drawn.mean("normalized_throughput") == pytest.approx(fmean(hashed))
    assert (drawn.least("normalized_throughput"), drawn.most("normalized_throughput")) == (min(hashed), max(hashed))


def test_a_mark_is_the_mean_and_its_bar_the_range_of_the_seeds():
    shown = panel(seeded([0.2, 0.25, 0.15]))
    block = shown.blocks[0]
    assert isinstance(block, Draw)
    (variant,) = block.figure.variants  # one traffic, however many seeds drew it
    marks = next(trace for trace in variant.spec["data"] if trace["name"] == "ecmp-hash")
    assert marks["x"] == [pytest.approx(0.2)]
    assert marks["error_x"]["array"] == [pytest.approx(0.05)]
    assert marks["error_x"]["arrayminus"] == [pytest.approx(0.05)]
    assert "0.150 to 0.250 over 3 seeds" in marks["customdata"][0]
    assert "0.150 to 0.250" in block.figure.finding
    assert "5.00 times" in shown.answer and "mean over seeds" in shown.answer


def test_the_optimum_stands_beside_every_policy_on_the_same_axis():
    figure = panel(seeded([0.2, 0.25])).blocks[0].figure
    upright = next(trace for trace in figure.variants[0].spec["data"] if trace["name"] == "certified optimum")
    assert upright["x"] == [1.0] and "xaxis" not in upright
    heads = [column.title for column in figure.table.columns]
    row = next(dict(zip(heads, r, strict=True)) for r in figure.table.rows if "ecmp-hash" in r)
    assert row["Seeds"] == 2 and row["Least"] == 0.2 and row["Largest"] == 0.25
    assert row["Of optimum"] == pytest.approx(0.225)


def test_only_the_bound_of_policy_optimal_is_an_optimum():
    """The bound of adaptive holds for shortest paths alone, so it must not be drawn as one that no routing passes."""
    both = view_of(case("adaptive", 0.5, 0, bound=50.0), case("ecmp", 0.4, 0))
    assert optimum(repeats(both)) is None
    with_it = view_of(case("adaptive", 0.5, 0, bound=50.0), case("optimal", 0.6, 0, bound=63.0))
    assert optimum(repeats(with_it)) == (pytest.approx(0.63), pytest.approx(0.63))


def solved_by(solver: str, policy: str, share: float) -> Record:
    one = case(policy, share, 0)
    one.case["solve"] = {"solver": solver}
    return one


def test_policies_are_held_against_each_other_under_one_solver():
    """A solver under which only one policy was run says nothing about routing, and must not pose as a second seed."""
    rows = [solved_by("max-min", "ecmp", 0.9), solved_by("proportional", "ecmp", 0.4)]
    rows += [solved_by("proportional", "static", 0.2)]
    assert [len(one.cases) for one in repeats(view_of(*rows))] == [1, 1, 1]
    figure = panel(view_of(*rows)).blocks[0].figure
    assert [row[2:4] for row in figure.table.rows] == [("ecmp", 0.4), ("static", 0.2)]
    assert figure.finding.endswith("of the best: ecmp.")


def test_two_solvers_that_both_met_two_policies_are_told_apart():
    rows = [solved_by(s, p, share) for s, p, share in itertools.product(("a", "b"), ("ecmp", "static"), (0.5,))]
    figure = panel(view_of(*rows)).blocks[0].figure
    assert [row[2] for row in figure.table.rows] == ["ecmp, a", "static, a", "ecmp, b", "static, b"]


def test_without_seeds_the_table_has_no_columns_for_them():
    figure = panel(view_of(case("ecmp", 0.4, 0), case("static", 0.2, 0))).blocks[0].figure
    assert {"Seeds", "Least", "Largest"} & {column.title for column in figure.table.columns} == set()
    assert "seed" not in figure.how and "seed" not in figure.finding


def test_one_policy_alone_is_no_comparison():
    assert panel(view_of(case("ecmp", 0.4, 0), case("ecmp", 0.5, 1))) is None


def test_what_two_parts_of_a_study_ask_alike_counts_once():
    """Equal input under other labels is one case, not a second seed and not a second policy."""
    again = case("ecmp", 0.4, 0)
    again.case["labels"] = {"fabric": "FT2", "traffic": "permutation", "panel": "by size"}
    held = repeats(view_of(case("ecmp", 0.4, 0), again, case("static", 0.2, 0)))
    assert [(one.policy, len(one.cases)) for one in held] == [("ecmp", 1), ("static", 1)]


def test_a_parameter_of_a_policy_is_told_where_it_tells_two_apart():
    rows = [case("optimal", 0.5, 0, network=network) for network in ("FT2", "SF")]
    for one, gap in zip(rows, (0.01, 0.05), strict=True):
        one.case["routing"] = {"policy": "optimal", "gap": gap}
    assert [one.policy for one in repeats(view_of(*rows))] == ["optimal", "optimal"]
    third = case("optimal", 0.6, 0)
    third.case["routing"] = {"policy": "optimal", "gap": 0.2}
    told = [one.policy for one in repeats(view_of(*rows, third))]
    assert len(set(told)) == 3 and all("gap" in policy for policy in told)
