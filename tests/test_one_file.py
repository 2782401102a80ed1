"""One file adds an entry of each kind: nothing else in the house is edited, and all of it knows them.

Below stand a family (a complete graph of switches), a pattern with results of its own, a policy, a solver, a quantity
and a section of a study that takes cables out.  The tests put them into the registries and ask every room.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

import topo
import traffic
from tests.oracles import check_demand, check_fabric, check_routing, check_solution
from topo import quantities
from topo.cli import main
from topo.config import SECTIONS, ConfigError, Section, demand_of, fabric_of, json_schema, parse_study, size_of
from topo.flow import POLICIES, SOLVERS, Policy, Solver, solve
from topo.generators import FAMILIES, Family
from topo.generators.wiring import label, populated, spread, whole, wire
from topo.size import Size, Tier, cable_row
from topo.study import outcome, record_schema
from topo.study.estimate import estimate
from traffic.pattern import Count, Pattern

STUDY = """
schema: 1
title: entries of one's own
fabric: complete:switches=5,endpoints_per_host=2
traffic: mirror:bytes=1000000
routing: fewest
solve: lockstep
damage: cut:cables=2
cases: [{name: mine}, {name: whole, damage: null}]
"""


def plan(*, switches: int, p: int = 4, endpoints: int | None = None, endpoints_per_host: int = 8) -> Complete:
    """Return one plane in which every two switches are joined."""
    n = whole(switches, "switches", least=2)
    return Complete(n, p, populated(endpoints, n * p))


@dataclass(frozen=True)
class Complete:
    """``switches`` switches with ``p`` endpoints each, every two joined by a cable."""

    switches: int
    p: int
    endpoints: int

    def size(self):
        n = self.switches
        return Size(
            name=label("complete", n=n, p=self.p),
            endpoints=self.endpoints,
            switches=n,
            radix=n - 1 + self.p,
            cables=cable_row(Tier.ENDPOINT, self.endpoints) + cable_row(Tier.LOCAL, n * (n - 1) // 2),
            leaves=n,
            diameter=3,
        )

    def build(self):
        size, (a, b) = self.size(), np.triu_indices(self.switches, 1)
        leaf = spread(self.endpoints, self.switches)
        return wire(size.name, radix=size.radix, leaf=leaf, layers=(self.switches,), cables=[(Tier.LOCAL, a, b)])

    def symmetries(self, together):
        return []


@dataclass(frozen=True)
class Mirrored:
    """What the pattern is about: how much of its bytes goes to the far half."""

    ranks: int

    def results(self, outcome):
        moved = outcome.demand.size.sum()
        return {"mirrored_bytes_per_s": float(moved / outcome.completion_s)}


def mirror(*, n_ranks: int, bytes: float = 1e6) -> traffic.Demand:
    """Return one commodity a rank, to the rank as far from the other end."""
    src = np.arange(n_ranks)
    dst = src[::-1]
    apart = src != dst
    demand = traffic.Demand.of("mirror", n_ranks=n_ranks, src=src[apart], dst=dst[apart], size=bytes)
    return replace(demand, about=Mirrored(n_ranks))


def mirror_count(*, n_ranks: int) -> Count:
    return Count.listed(n_ranks - n_ranks % 2)


def fewest(fabric, demand):
    """Return an equal split over all shortest paths."""
    return replace(POLICIES["ecmp"].route(fabric, demand), policy="fewest")


def lockstep(fabric, demand, routing):
    """Return the rates of commodities that all end together."""
    return replace(SOLVERS["proportional"].solve(fabric, demand, routing), method="lockstep")


def cut(fabric, *, cables: int = 1):
    """Return the fabric without its last switch cables."""
    between = np.unique(fabric.cable[fabric.is_switch_link])
    return fabric.without(cables=between[len(between) - cables :])


@pytest.fixture(autouse=True)
def entries(monkeypatch):
    monkeypatch.setitem(FAMILIES, "complete", Family(plan))
    monkeypatch.setitem(traffic.PATTERNS, "mirror", Pattern(mirror, mirror_count))
    monkeypatch.setitem(POLICIES, "fewest", Policy(fewest, assumes="equal split over shortest paths, mine"))
    monkeypatch.setitem(SOLVERS, "lockstep", Solver(lockstep, assumes="all end together, mine"))
    monkeypatch.setitem(SECTIONS, "damage", Section("kind", entries={"cut": cut}, plural="damages", on_fabric=True))
    own = quantities.Quantity("mirrored_bytes_per_s", "mirrored rate", "B/s", "more", "rate", "bytes over time, mine")
    monkeypatch.setitem(quantities.QUANTITIES, own.key, own)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command in an empty folder and gives exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(STUDY)

    def call(*words):
        capsys.readouterr()
        return (main(list(words)), *capsys.readouterr())

    return call


def case(n: int = 0):
    return parse_study(STUDY, "mine.yaml").cases[n]


def test_the_laws_hold_of_them():
    fabric = fabric_of(case(1))
    demand = demand_of(case(1), fabric)
    routing = topo.route(fabric, demand, "fewest")
    check_fabric(fabric)
    check_demand(demand)
    check_routing(fabric, demand, routing)
    check_solution(fabric, demand, solve(fabric, demand, routing, "lockstep"))
    assert (size_of(case()).switches, fabric.n_endpoints) == (5, 20)


def test_list_knows_them(run):
    code, out, _ = run("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["families"]["complete"]["required"] == ["switches"]
    assert "one commodity a rank" in found["patterns"]["mirror"]["summary"]
    assert {"fewest", "lockstep", "cut"} <= set(found["policies"]) | set(found["solvers"]) | set(found["damages"])


def test_the_schema_knows_them():
    schema = json_schema()
    for name in ("fabric:complete", "traffic:mirror", "routing:fewest", "solve:lockstep", "damage:cut"):
        assert name in schema["$defs"]
    assert "damage" in schema["properties"]
    assert "mirrored_bytes_per_s" in record_schema()["properties"]["results"]["properties"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("complete:switches=5", "complet:switches=5", "did you mean complete?"),
        ("complete:switches=5", "complete:switches=1", "switches"),
        ("mirror:bytes=1000000", "mirror:byte=1", "did you mean bytes?"),
        ("routing: fewest", "routing: fewes", "did you mean fewest?"),
        ("solve: lockstep", "solve: locksteps", "did you mean lockstep?"),
        ("cut:cables=2", "cut:cable=2", "did you mean cables?"),
    ],
)
def test_mistakes_in_them_are_told(right, wrong, said):
    with pytest.raises(ConfigError, match=r"mine\.yaml:") as caught:
        parse_study(STUDY.replace(right, wrong), "mine.yaml")
    assert said in str(caught.value)


def test_estimates_and_assumptions_know_them():
    found = estimate(case())
    assert found.memory > 0 and found.seconds > 0
    said = "\n".join(outcome(case()).record["assumptions"])
    assert "fewest: equal split over shortest paths, mine" in said
    assert "lockstep: all end together, mine" in said
    assert "damage cut (cables 2): the fabric without its last switch cables" in said
    assert "damage" not in "\n".join(outcome(case(1)).record["assumptions"])


def test_cases_run_and_the_section_acts():
    """Two of ten cables gone: fewer links in the record, and longer ways."""
    hurt, intact = (outcome(case(n)).record for n in (0, 1))
    assert (hurt["status"], intact["status"]) == ("ok", "ok"), (hurt["error"], intact["error"])
    assert hurt["case"]["damage"] == {"kind": "cut", "cables": 2} and intact["case"]["damage"] is None
    assert hurt["hash"] != intact["hash"]
    tiers = [record["results"]["links_by_tier"]["local"]["links"] for record in (hurt, intact)]
    assert tiers == [16, 20]
    hops = [record["results"]["mean_hops"] for record in (hurt, intact)]
    assert hops[0] > hops[1]
    for record in (hurt, intact):
        moved, seconds = record["results"]["total_bytes"], record["results"]["completion_s"]
        assert record["results"]["mirrored_bytes_per_s"] == pytest.approx(moved / seconds)


def test_study_report_and_checks_know_them(run, tmp_path):
    code, out, err = run("study", "./mine.yaml", "-o", "out", "--workers", "0", "--fail-on", "mirrored_bytes_per_s>0")
    assert code == 1, err
    assert "mine: check failed: mirrored_bytes_per_s is" in err
    page = (tmp_path / "out" / "index.html").read_text()
    assert out.strip().endswith("index.html")
    for word in ("complete", "mirror", "fewest", "lockstep", "damage", "cut"):
        assert word in page, word
    assert run("report", "out")[0] == 0


def test_the_command_line_takes_them(run):
    words = ("analyze", "complete:switches=3,endpoints_per_host=2", "mirror", "--routing", "fewest")
    code, out, _ = run(*words, "--solver", "lockstep", "--json")
    assert (code, json.loads(out)["method"]) == (0, "lockstep")
    assert run("size", "complete:switches=3")[0] == 0
    assert run("build", "complete:switches=3", "-o", "c.fabric.json")[0] == 0
