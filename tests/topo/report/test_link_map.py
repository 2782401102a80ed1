"""The map of link loads: each cell is the fullest link that the link table has there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from topo.generators import generate
from topo.report.panels import link_map
from topo.report.panels.link_map import MOST_CELLS, cells
from topo.size import Tier


def columns_of(family, **parameters):
    """Return a link table of a real fabric whose loads are drawn at random."""
    fabric = generate(family, capacity=50e9, **parameters)
    names = {int(t): t.label for t in Tier}
    held = {"tail": fabric.tail, "head": fabric.head, "tier": np.array([names[int(t)] for t in fabric.tier])}
    return held | {"plane": fabric.plane[fabric.tail], "utilization": np.random.default_rng(1).random(fabric.n_links)}


def test_a_leaf_by_its_uplinks_against_the_link_table():
    columns = columns_of("fat-tree-2", radix=8, planes=2)
    kind, found = cells(columns)
    assert kind == "leaf"
    up = columns["tier"] == "leaf-spine"
    links = list(zip(*(columns[key][up].tolist() for key in ("tail", "head", "plane", "utilization")), strict=True))
    leaves = sorted({(p, t) for t, _, p, _ in links if _has_endpoint(columns, t)})
    assert found.shape == (len(leaves), 4)
    for row, (_, leaf) in enumerate(leaves):
        spines = sorted({h for t, h, _, _ in links if t == leaf})
        for column, spine in enumerate(spines):
            both = [u for t, h, _, u in links if {t, h} == {leaf, spine}]
            assert found[row, column] == pytest.approx(max(both))


def _has_endpoint(columns, node):
    there = columns["tier"] == "endpoint"
    return bool(((columns["tail"] == node) & there).any())


def test_groups_by_groups_against_the_link_table():
    columns = columns_of("dragonfly", a=4, p=2, h=2)
    kind, found = cells(columns)
    assert kind == "group"
    assert found.shape == (9, 9)
    assert np.isfinite(found).all(), "a balanced dragonfly joins every pair of groups"
    assert np.isclose(np.nanmax(found), columns["utilization"][np.isin(columns["tier"], ("local", "global"))].max())
    # every pair of groups has one cable, so each value off the diagonal is that of a global link, each once
    off = np.sort(found[~np.eye(9, dtype=bool)])
    assert np.allclose(off, np.sort(columns["utilization"][columns["tier"] == "global"]))


@pytest.mark.parametrize(("rows", "width"), list(itertools.product((1, 64, 65, 200), (1, 3, 129))))
def test_shrinking_keeps_the_fullest(rows, width):
    values = np.random.default_rng(rows).random((rows, width))
    less = link_map._shrink(values)
    assert max(less.shape) <= MOST_CELLS
    assert less.max() == values.max()
    assert less.shape == tuple(-(-n // -(-n // MOST_CELLS)) for n in values.shape)


def test_a_network_of_one_switch_has_no_map():
    columns = {"tail": np.array([0, 1]), "head": np.array([1, 0]), "tier": np.array(["endpoint", "endpoint"])}
    assert cells(columns | {"utilization": np.array([0.5, 0.5])}) is None


def test_the_table_tells_the_fullest_rows_of_each_map(tmp_path):
    from tests.topo.report.sample import write_study
    from topo.report.load import read_study
    from topo.report.panels.view import View

    figure = link_map.link_map(View(read_study(write_study(tmp_path))))
    assert figure is not None and figure.table is not None
    case = next(v.name for v in figure.variants)
    rows = [row for row in figure.table.rows if row[0] == case]
    fullest = np.nanmax([v for row in figure.variants[0].spec["data"][0]["z"] for v in row if v is not None])
    assert rows[0][2] == pytest.approx(fullest, rel=5e-3)
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
