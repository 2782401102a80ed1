"""The decision matrix: its cells against the records, and when there is none."""

from __future__ import annotations

import pytest

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import view_of
from topo import study
from topo.config import parse_study
from topo.report import choice
from topo.report.matrix import readings

TEXT = """\
schema: 1
title: Two trees
fabric: {rate: 400Gb/s, endpoints: 128}
cost: {prices: paper-table-3}
sweep:
  fabric:
    - {name: full, family: fat-tree-2, radix: 16}
    - {name: half, family: fat-tree-2, radix: 16, oversubscription: 2}
  traffic:
    - {name: uniform, pattern: uniform}
    - {name: shifted, pattern: shift, by: 32}
"""


def run(folder, text=TEXT):
    return study.run(parse_study(text, "two.yaml"), folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return run(tmp_path_factory.mktemp("matrix") / "out")


def test_cells_are_the_records(done):
    table = choice(done.folder)
    rows = {(r["case"]["labels"]["fabric"], r["case"]["labels"]["traffic"]): r["results"] for r in done.records}
    assert [column.title for column in table.columns[:2]] == ["Network", "Cost per endpoint"]
    networks = [row[0] for row in table.rows]
    assert networks == ["full", "half"]
    for i, column in enumerate(table.columns[2:], 2):
        traffic = "uniform" if "uniform" in column.title else "shifted"
        best = min(rows[network, traffic]["completion_s"] for network in networks)
        for row in table.rows:
            found = rows[row[0], traffic]
            assert row[1] == found["cost_per_endpoint_usd"]
            assert row[i] == found["completion_s"]
            assert row[i].text.endswith(found["bottleneck_tier"])
            assert ("×" in row[i].text) == (row[i] > 1.01 * best)
            assert column.shade(row[i]) == (
                "good" if row[i] <= 1.01 * best else "warn" if row[i] <= 2 * best else "bad"
            )


def test_networks_of_different_sizes_are_no_choice(tmp_path):
    text = TEXT.replace(", endpoints: 128", "").replace("radix: 16, over", "radix: 32, over")
    assert choice(run(tmp_path / "out", text).folder) is None


def test_the_terminal_ends_with_it(done, capsys):
    from topo.cli import main

    (done.folder.parent / "two.yaml").write_text((done.folder / "study.yaml").read_text())
    assert main(["study", str(done.folder.parent / "two.yaml"), "-o", str(done.folder)]) == 0
    out, err = capsys.readouterr()
    assert out.strip().endswith("index.html")
    assert "leaf-spine" in err
    assert len([line for line in err.splitlines() if line.startswith(("full", "half"))]) == 2


def cell(network, policy, seconds, *, solver="proportional", traffic="far", usd=100.0, **more):
    parts = {"fabric": {"family": network}, "traffic": {"pattern": traffic}, "routing": {"policy": policy}}
    results = {"endpoints": 64, "completion_s": seconds, "cost_per_endpoint_usd": usd, "bottleneck_tier": "global"}
    results |= {"leaves": 8, "switches": 8} if network == "direct" else {}
    labels = {"fabric": network, "traffic": traffic, "routing.policy": policy}
    return record(
        f"{network} {traffic} {policy} {solver}", labels, parts | {"solve": {"solver": solver}}, results | more
    )


def readings_of(*rows):
    return {reading.name: reading.table for reading in readings(view_of(rows))}


def test_a_network_stands_under_the_policy_that_a_site_would_run_and_under_each_alone():
    """UGAL on the direct network and ECMP on the tree, then ECMP on both; the best routing below what it shortens."""
    rows = [cell("tree", "ecmp", 1.0), cell("direct", "ecmp", 6.0), cell("direct", "ugal", 2.0)]
    rows.append(cell("direct", "optimal", 1.5, bound_is_optimum=True))
    tables = readings_of(*rows)
    assert list(tables) == ["as a site would run it", "ecmp"]
    texts = [[(cell.text, cell.below) for cell in table.cells[1][2:]] for table in tables.values()]
    assert [[(text.replace("\N{NO-BREAK SPACE}", " "), below[:12]) for text, below in row] for row in texts] == [
        [("2.00 s · 2.00× · global", "best routing")],
        [("6.00 s · 6.00× · global", "best routing")],
    ]
    assert {table.id for table in tables.values()} == {"matrix", "matrix-ecmp"}


def test_a_policy_that_changes_nothing_is_told_of_and_has_no_matrix():
    rows = [cell(n, p, t) for p in ("ecmp", "adaptive") for n, t in (("one", 1.0), ("two", 2.0))]
    (table,) = readings_of(*rows).values()
    assert table.note.endswith("adaptive gives the same times.")


def test_times_of_another_solver_are_no_reading():
    rows = [cell(n, p, 1.0, solver=s) for p, s in (("ecmp", "max-min"), ("static", "completion")) for n in "ab"]
    assert list(readings_of(*rows)) == ["ecmp"]


def test_a_tie_goes_to_the_network_that_none_beats_then_to_the_cheaper():
    near, far = ({"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.5}, {"a": 3.0, "b": 1.0, "c": 1.0, "d": 9.0})
    prices = {"a": 1.0, "b": 5.0, "c": 4.0, "d": 9.0}
    rows = [cell(n, "ecmp", times[n], traffic=t, usd=prices[n]) for t, times in (("1", near), ("2", far)) for n in near]
    (table,) = readings_of(*rows).values()
    assert [row[0] for row in table.rows] == ["d", "c", "b", "a"]
