"""Analyses and studies as objects: the numbers of the command line, frames, figures, and errors that help."""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import networkx as nx
import numpy as np
import plotly.graph_objects as go
import pytest

import topo
import traffic
from topo.config import ConfigError
from topo.notebook import NotebookError
from topo.units import UnitError

NETWORK = "fat-tree-2:radix=8,planes=2,rate=400Gb/s"
STUDY = """\
schema: 1
title: Two sizes
fabric: {family: fat-tree-2}
traffic: {pattern: shift, by: 8}
routing: {policy: ecmp-hash}
sweep:
  fabric.radix: [8, 16]
"""


@pytest.fixture(scope="module")
def one():
    return topo.analyze(NETWORK, "moe-all-to-all:ep=16", routing="ecmp", cost={"prices": "paper-table-3"})


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "two.yaml").write_text(STUDY)
    return topo.run_study(folder / "two.yaml", folder / "out")


class Cells(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.texts, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.replace("\N{NO-BREAK SPACE}", " "))


def test_an_analysis_has_what_the_command_line_says(one):
    words = ["analyze", NETWORK, "moe-all-to-all:ep=16", "--prices", "paper-table-3", "--json"]
    done = subprocess.run([sys.executable, "-m", "topo", *words], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert {key: said[key] for key in one.results} == one.results
    assert one["completion_s"] == said["completion_s"]


def test_mappings_and_texts_are_the_same_words(one):
    words = {"family": "fat-tree-2", "radix": 8, "planes": 2, "rate": "400Gb/s"}
    same = topo.analyze(words, {"pattern": "moe-all-to-all", "ep": 16}, cost={"prices": "paper-table-3"})
    assert same.results == one.results


def test_a_fabric_of_ones_own():
    fabric = topo.generate("fat-tree-2", radix=8, capacity="400Gb/s", scale_up=200e9, cable_latency="50ns")
    same = topo.generate("fat-tree-2", radix=8, capacity=50e9, scale_up="1600Gb/s", cable_latency=50e-9)
    assert np.array_equal(fabric.capacity, same.capacity)
    assert np.allclose(fabric.latency, same.latency, rtol=1e-15)
    mine = topo.analyze(fabric, "permutation", seed=3)
    demand = traffic.offer("permutation", n_ranks=32, seed=3)
    routed = topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "proportional")
    assert mine["completion_s"] == pytest.approx(routed.completion_s)
    assert f"<p>{fabric.name} finishes permutation in " in mine._repr_html_()
    with pytest.raises(UnitError, match="400Gb/s"):
        topo.generate("fat-tree-2", radix=8, capacity="400")


def test_a_plain_graph():
    graph = nx.Graph([(f"gpu{i}", f"leaf{i // 2}") for i in range(4)] + [("leaf0", "spine"), ("leaf1", "spine")])
    fabric = topo.Fabric.from_networkx(graph, capacity="100Gb/s")
    assert topo.analyze(fabric, "uniform")["normalized_throughput"] == pytest.approx(0.75)


def test_frames(one, two):
    links = one.links
    assert {"tier", "capacity", "utilization"} <= set(links)
    assert links[links.tier != "scale-up"].utilization.max() == pytest.approx(one["max_utilization"])
    assert one.flows.bytes.sum() > 0
    frame = two.to_pandas()
    assert list(frame["fabric.radix"]) == ["8", "16"]
    assert list(frame.endpoints) == [32, 128]
    assert set(two.links.case) == set(frame.case)


def test_what_is_shown(one, two):
    cells = Cells(one._repr_html_())
    assert not cells.open
    assert "endpoints" in cells.texts
    assert any(text.endswith(" Gb/s") for text in cells.texts)
    assert sum("radix=" in text for text in Cells(two._repr_html_()).texts) >= 2


def test_every_figure_is_plotlys(one, two):
    for results in (one, two):
        for name in results.plot.names:
            figure = results.plot(name)
            assert isinstance(figure, go.Figure)
            assert len(figure.data)
            assert not re.search(r'"\$(c\d|ink|soft|grid|paper)"', figure.to_json())
    words = one.plot.cost().layout.title.text.replace("<br>", " ")
    assert words == one.plot._figures["cost"].finding
    assert one.plot.topology().data
    assert one.plot.timeline().layout.title.text
    assert two.plot.matrix().data
    assert one.plot.cost().data
    assert one.plot.loads().data


def test_one_line_stands_for_each_object(one, two):
    """A cell or a log has one line of it, without folders of this machine."""
    assert repr(one) == f"<Analysis: {NETWORK}, 1 case>"
    assert repr(two) == "<Results: Two sizes, 2 cases>"


def test_a_demand_of_ones_own():
    """A demand is sent as it is; one that is more than flows in phases is refused, never cut down."""
    mine = traffic.Demand.of("mine", 32, src=range(32), dst=[(i + 5) % 32 for i in range(32)], size=2**20)
    there = topo.analyze(NETWORK, mine)
    assert there["completion_s"] == topo.analyze(NETWORK, "shift:by=5")["completion_s"]
    assert " finishes mine in " in there._repr_html_()
    with pytest.raises(ValueError, match="computation would be lost; give its pattern in words"):
        topo.analyze(NETWORK, traffic.Demand.of("mine", 2, src=0, dst=1, size=1, compute_s=[1e-3]))


def test_a_design(tmp_path):
    """What was chosen is shown, is run as it is, and the reasons of the others are a frame."""
    choice = topo.run_design(["endpoints=64", "switches=[16]", "planes=[1]", "bisection_per_endpoint>=1"])
    best = choice.to_pandas().iloc[0]
    assert (best.network, best.endpoints) == (choice.best.name, 64)
    assert topo.analyze(choice.fabric(), "uniform")["endpoints"] == 64
    assert len(choice.losers_to_pandas()) == len(choice.losers)
    assert set(choice.losers_to_pandas().why.str.split().str[0]) >= {"bisection_per_endpoint"}
    assert choice.best.name in Cells(choice._repr_html_()).texts[0]
    none = topo.run_design(["endpoints=64", "switches=[16]", "switches<=2"])
    assert "these conflict: " in none._repr_html_()
    with pytest.raises(ValueError, match=r"no network meets all requirements; these conflict: .*switches <= 2"):
        none.fabric()


def test_errors_help(one):
    with pytest.raises(NotebookError, match="did you mean topology"):
        one.plot("topologi")
    with pytest.raises(KeyError, match="did you mean completion_s"):
        one["completon_s"]
    with pytest.raises(NotebookError, match="nothing fits"):
        one.plot.topology("no such case")
    with pytest.raises(ConfigError, match="did you mean radix"):
        topo.analyze({"family": "fat-tree-2", "radixx": 8}, "permutation")
    with pytest.raises(ValueError, match="ep"):
        topo.analyze("fat-tree-2:radix=4", "moe-all-to-all:ep=64")


def test_a_study_goes_on_where_it_stood(two, tmp_path):
    again = topo.run_study(two.folder / "study.yaml", two.folder)
    assert (two.computed, again.computed) == (2, 0)
    assert not again.failed
    assert again.to_pandas().equals(two.to_pandas())


def test_a_folder_that_nobody_named_is_gone_with_the_results():
    there = topo.analyze("fat-tree-2:radix=4", "permutation")
    folder = there.folder
    assert folder.exists()
    assert "<html" in there.report()
    del there
    assert not folder.exists()


def test_nothing_heavy_is_loaded_with_the_names():
    code = "import topo, sys; topo.__all__; print('plotly' in sys.modules or 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: topo.analyze(8, "uniform"), "fabric: words, a file or a mapping is needed; got 8 (int)"),
        (lambda: topo.analyze(NETWORK, ["uniform"]), "traffic: words, a file or a mapping is needed; got ['uniform']"),
        (lambda: topo.analyze(NETWORK, "uniform", routing=3), "routing: words, a file or a mapping is needed; got 3"),
        (lambda: topo.analyze(NETWORK, "uniform", seed="x"), "seed: a whole number from 0 on is needed; got 'x'"),
        (lambda: topo.analyze(NETWORK, "uniform", seed=-1), "seed: a whole number from 0 on is needed; got -1"),
        (lambda: topo.analyze("nowhere.graphml", "uniform"), "nowhere.graphml: no such file"),
        (lambda: topo.analyze("fat-tree-2:radix=8,rate=4GHz", "uniform"), "'4GHz' is not a rate"),
        (lambda: topo.run_study(None), "study: a file, a shipped name or a mapping is needed; got None"),
        (lambda: topo.run_study({"fabric": {}}, workers=-1), "workers: a whole number from 0 on is needed; got -1"),
    ],
)
def test_what_is_no_words_is_refused_where_it_comes_in(call, says):
    with pytest.raises(ConfigError) as refused:
        call()
    assert says in str(refused.value)


def test_a_study_in_a_mapping_needs_no_title_and_one_override_no_list():
    words = {"fabric": {"family": "fat-tree-2", "radix": 4}, "traffic": {"pattern": "uniform"}}
    study = topo.run_study(words, overrides="fabric.radix=8")
    assert (study.title, study.to_pandas()["endpoints"].tolist()) == ("study", [32])


def test_a_design_in_one_string_is_that_of_its_words():
    words = ["endpoints=64", "switches=[16]", "planes=[1]", "bisection_per_endpoint>=1"]
    assert topo.run_design(" ".join(words)).best == topo.run_design(words).best


def test_a_graph_without_endpoints_gets_some_on_every_node_or_by_name():
    petersen = topo.Fabric.from_networkx(nx.petersen_graph(), capacity="100Gb/s", per_switch=4)
    assert (petersen.n_endpoints, petersen.n_switches) == (40, 10)
    square = nx.Graph([("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")])
    assert topo.Fabric.from_networkx(square, capacity="100Gb/s", ends="^[ab]$").n_endpoints == 2
    with pytest.raises(topo.FabricError, match=r"not list; networkx.Graph\(edges\) makes one"):
        topo.Fabric.from_networkx([(0, 1)], capacity="100Gb/s")


def test_sizes_of_traffic_may_be_words_with_a_unit():
    words, number = (traffic.offer("permutation", n_ranks=8, bytes=size) for size in ("1GiB", 2**30))
    np.testing.assert_array_equal(words.size, number.size)
    with pytest.raises(traffic.DemandError, match=r"permutation: bytes: size: '1Gb/s' is not a size"):
        traffic.offer("permutation", n_ranks=8, bytes="1Gb/s")


def test_a_figure_may_be_asked_for_in_one_breath():
    """Nothing but the figures holds the results, whose files they are drawn from; with both gone the files are."""
    plots = topo.analyze(NETWORK, "permutation").plot
    gc.collect()
    assert isinstance(plots.topology(), go.Figure)
    one = topo.analyze(NETWORK, "permutation")
    folder, plots = one.folder, one.plot
    del one
    assert folder.exists()
    del plots
    gc.collect()
    assert not folder.exists()
