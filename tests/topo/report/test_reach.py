"""How far bytes travel, from loads by tier: as counted pair by pair; and how full each tier is."""

from __future__ import annotations

import numpy as np
import pytest

import topo
from topo.generators import generate
from topo.report.load import read_study
from topo.report.panels import reach
from topo.report.panels.view import View

STUDY = """\
schema: 1
title: Distances
traffic: {pattern: uniform}
solve: proportional
sweep:
  fabric:
    - {name: spines, family: fat-tree-2, radix: 8, endpoints_per_host: 2}
    - {name: cores, family: fat-tree-3, radix: 4, endpoints_per_host: 2}
    - {name: groups, family: dragonfly, a: 4, p: 2, h: 2, endpoints_per_host: 2}
"""


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reach")
    (folder / "s.yaml").write_text(STUDY)
    topo.run_study(folder / "s.yaml", folder / "out")
    return View(read_study(folder / "out"))


def shares(view, network):
    (case,) = [case for case in view.solutions if case.network == network]
    return reach.shares_of(case)


def places(fabric, per_pod):
    """Return (E,) host, leaf and pod of each endpoint, with ``per_pod`` leaves a pod."""
    out, _ = fabric.end_links()
    leaf = np.empty(fabric.n_endpoints, dtype=int)
    leaf[fabric.tail[out]] = fabric.head[out]
    leaf = np.unique(leaf, return_inverse=True)[1]
    return np.arange(fabric.n_endpoints) // 2, leaf, leaf // per_pod


def counted(fabric, per_pod):
    """Return the share of pairs that share a host, else a leaf, else a pod, else nothing."""
    host, leaf, pod = places(fabric, per_pod)
    alike = [np.equal.outer(one, one) & ~np.eye(len(one), dtype=bool) for one in (host, leaf, pod)]
    pairs = len(host) * (len(host) - 1)
    return alike[0].sum() / pairs, (alike[1] & ~alike[0]).sum() / pairs, (alike[2] & ~alike[1]).sum() / pairs


def test_a_byte_of_a_tree_turns_where_its_ends_meet(view):
    host, leaf, _ = counted(generate(capacity=1.0, family="fat-tree-2", radix=8), 1)
    assert list(shares(view, "spines").values()) == pytest.approx([host, leaf, 1 - host - leaf])
    host, leaf, pod = counted(generate(capacity=1.0, family="fat-tree-3", radix=4), 2)
    assert list(shares(view, "cores").values()) == pytest.approx([host, leaf, pod, 1 - host - leaf - pod])


def test_a_byte_between_groups_crosses_one_global_link_on_the_shortest_way(view):
    fabric = generate(capacity=1.0, family="dragonfly", a=4, p=2, h=2)
    host, leaf, group = counted(fabric, 4)
    got = shares(view, "groups")
    assert got[reach.PLACES[0]] == pytest.approx(host)
    assert got[reach.PLACES[5]] == pytest.approx(1 - host - leaf - group)
    assert sum(got.values()) == pytest.approx(1)


def test_bars_add_up_and_strips_mark_what_is_full(view):
    distance, strips = (block.figure for block in reach.panel(view).blocks)
    bars = [trace["x"] for trace in distance.variants[0].spec["data"]]
    assert np.sum(bars, axis=0) == pytest.approx(100)
    spec = strips.variants[0].spec
    assert spec["layout"]["xaxis"]["type"] == "log"
    (line,) = [shape for shape in spec["layout"]["shapes"] if shape["type"] == "line"]
    assert line["x0"] == line["x1"] == 100 and line["line"]["width"] == 3
    rows = spec["layout"]["yaxis"]["ticktext"]
    assert "groups · global" in rows and "cores · spine-core" in rows


def test_paths_that_turn_twice_are_not_told_apart(view):
    """After failures a detour may go down and up again: more bytes on the spines than any single turn makes."""
    case = next(case for case in view.solutions if case.network == "spines")
    assert reach.shares_of(case) is not None
    case.record.results["bytes_by_plane"] = {"0": case.get("bytes_by_plane")["0"] / 10}
    assert reach.shares_of(case) is None
