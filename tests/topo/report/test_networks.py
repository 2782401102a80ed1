"""Networks side by side: bundles hide no hot link, titles and colours tell the same, a click finds its case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import topo
from tests.topo.report.sample import write_study
from topo.fabric import Tier
from topo.generators import generate
from topo.report import render
from topo.report.figures.drawing import CLASSES
from topo.report.load import read_study
from topo.report.page import figures_of
from topo.report.panels import networks, panels
from topo.report.panels.view import View
from topo.report.sketches import MOST_LINES, sketch

FABRICS = {
    "planes": {"family": "fat-tree-2", "radix": 16, "planes": 4},
    "one plane": {"family": "fat-tree-2", "radix": 64},
    "pods": {"family": "fat-tree-3", "radix": 16},
    "many pods": {"family": "fat-tree-3", "radix": 32, "endpoints": 4096},
    "planes of pods": {"family": "fat-tree-3", "radix": 8, "planes": 2},
    "slim fly": {"family": "slim-fly", "q": 13, "p": 9},
    "small slim fly": {"family": "slim-fly", "q": 5, "p": 4},
    "dragonfly": {"family": "dragonfly", "a": 8, "p": 4, "h": 4},
}


def columns_of(fabric, seed=0):
    """Return a link table with loads drawn at random."""
    tier = np.array([one.label for one in Tier])[fabric.tier]
    plane = np.maximum(fabric.plane[fabric.tail], fabric.plane[fabric.head])
    load = np.random.default_rng(seed).random(fabric.n_links) * 2
    ends = {"tail": fabric.tail, "head": fabric.head, "plane": plane}
    return ends | {"tier": tier, "capacity": fabric.capacity, "utilization": load}


@pytest.mark.parametrize("name", FABRICS)
def test_few_lines_show_the_fullest_link_of_each_switch(name):
    """A bundle is as full as the fullest link in it: nothing hot is lost."""
    fabric = generate(capacity=50e9, **FABRICS[name])
    columns = columns_of(fabric)
    one = sketch(columns, facing="slim" in name)
    between, cable = fabric.is_switch_link, fabric.tier == Tier.ENDPOINT
    assert 0 < len(one.line) <= MOST_LINES
    assert len(one.utilization) == between.sum() + cable.sum()
    shown = np.fmax(np.nanmax(one.line), np.nanmax(np.append(one.inner, 0)))
    assert shown == columns["utilization"][between].max()
    assert np.nanmax(one.ports) == columns["utilization"][cable].max()
    # No two marks on one place, all lines between marks that are there.
    places = np.round(np.stack([one.x, one.y]), 6)
    assert len(np.unique(places, axis=1).T) == len(one.x)
    assert one.ends.max() < len(one.x) and (one.ends[:, 0] < one.ends[:, 1]).all()


def test_small_networks_are_drawn_switch_by_switch():
    """Without bundles a line is a pair of switches, as full as the fuller direction."""
    fabric = generate(capacity=50e9, family="fat-tree-2", radix=8, planes=4)
    columns = columns_of(fabric)
    one = sketch(columns)
    assert len(one.x) == fabric.n_nodes - fabric.n_endpoints
    pairs = {}
    for link in np.flatnonzero(fabric.is_switch_link):
        key = frozenset((int(fabric.tail[link]), int(fabric.head[link])))
        pairs[key] = max(pairs.get(key, 0.0), columns["utilization"][link])
    assert sorted(one.line) == sorted(pairs.values())
    assert [text for _, text in one.stands] == ["plane 0", "plane 1", "plane 2", "plane 3"]
    assert [text for _, text in one.tiers] == ["leaf", "spine"]


STUDY = """\
schema: 1
title: Two networks
traffic: {pattern: shift, by: 4}
solve: proportional
sweep:
  fabric:
    - {name: tree, family: fat-tree-2, radix: 16, endpoints: 72, endpoints_per_host: 4}
    - {name: groups, family: dragonfly, a: 4, p: 2, h: 2, endpoints_per_host: 4}
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    (folder / "two.yaml").write_text(STUDY)
    topo.run_study(folder / "two.yaml", folder / "out")
    return View(read_study(folder / "out"))


def test_what_is_fullest_is_as_full_as_the_network_is_late(two):
    """Loads of one phase at the pace of the fastest network: the fullest link needs as many times as the traffic."""
    some = networks.networks(two, two.traffics[0])
    times = [one.case.get("completion_s") for one in some]
    assert [one.late for one in some] == pytest.approx([time / min(times) for time in times])
    assert max(one.late for one in some) > 1.5
    for one in some:
        assert one.pace * one.sketch.utilization.max() == pytest.approx(one.late)
        assert (one.n_above > 0) == (one.late > 1 + 1e-9)
    titles = [note["text"] for note in panes_of(two)["layout"]["annotations"]]
    assert "<b>tree</b> · fastest" in titles and "<b>groups</b> · 4.00×" in titles


def panes_of(view):
    (block,) = networks.panel(view).blocks
    return block.figure.variants[0].spec


def test_one_scale_of_colours_explains_all_panes(two):
    traces = panes_of(two)["data"]
    legend = [trace for trace in traces if trace.get("showlegend", True)]
    assert len(legend) == len(CLASSES)
    colours = {trace["marker"]["color"] for trace in legend}
    assert {trace["line"]["color"] for trace in traces if trace["mode"] == "lines"} <= colours


def test_a_narrow_page_has_the_same_panes_under_each_other(two):
    layout = panes_of(two)["layout"]
    narrow = layout["meta"]["narrow"]
    assert {key for key in layout if "axis" in key} == {key for key in narrow if "axis" in key}
    assert [note["text"] for note in narrow["annotations"]] == [note["text"] for note in layout["annotations"]]
    assert narrow["yaxis2"]["domain"][1] < narrow["yaxis"]["domain"][0]
    assert layout["yaxis2"]["domain"] == layout["yaxis"]["domain"]


def test_panes_lead_to_the_figures_of_their_case(tmp_path):
    """The page finds a case by one name in all figures of single cases."""
    view = View(read_study(write_study(tmp_path, small=True)))
    figures = {figure.id: figure for figure in figures_of(panels(view))}
    cases = {v.spec["layout"]["meta"]["case"] for v in figures["fig-topology"].variants}
    for variant in figures["fig-networks"].variants:
        leads = [trace["meta"]["case"] for trace in variant.spec["data"] if "meta" in trace]
        assert len(leads) == 2 and set(leads) <= cases
    assert "fig-networks" in render(tmp_path)


def test_networks_of_other_sizes_stand_against_their_own_ports(tmp_path):
    """Sizes that differ are no choice for the same cluster; without what ports allow there is no pace to keep."""
    view = View(read_study(write_study(tmp_path, small=True)))
    for one in networks.networks(view, view.traffics[0]):
        assert not one.is_choice and one.pace == 1
        assert one.late == pytest.approx(1 / one.case.get("normalized_throughput"))


def test_of_several_sizes_those_of_about_one_are_drawn(two):
    """Four small networks do not stand beside two large ones, which are the more interesting of equally many."""
    (tree, groups) = two.study.records
    rows = [tree, groups]
    for i, endpoints in enumerate((80, 1000, 1100)):
        results = tree.results | {"endpoints": endpoints}
        labels = {"fabric": f"tree {i}"}
        rows.append(replace(tree, case=tree.case | {"labels": labels}, results=results))
    view = View(replace(two.study, records=tuple(rows)))
    assert [one.case.get("endpoints") for one in networks.networks(view, view.traffics[0])] == [72, 72, 80]
    view = View(replace(two.study, records=(rows[0], rows[2], *rows[3:])))
    assert [one.case.get("endpoints") for one in networks.networks(view, view.traffics[0])] == [1000, 1100]


def test_one_network_has_no_such_panel(two):
    alone = View(type(two.study)(Path(), two.study.records[:1], {}, ""))
    assert networks.panel(alone) is None
