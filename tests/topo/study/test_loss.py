"""Failures in a case: slowdown, reach, blackholed bytes and the worst loss against closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from topo.cli import main
from topo.config import demand_of, fabric_of, parse_study, read_case
from topo.failures import LossError, random
from topo.flow import RoutingError, route
from topo.study import loss, run, run_case
from topo.study.assumptions import assumptions
from topo.study.quick import Quick

#: Eight leaves of eight endpoints, four spines, two cables from each leaf to each of them.
TREE = "fat-tree-2:radix=16,endpoints=64,endpoints_per_host=8"
MULTI = "fat-tree-2:radix=8,planes=8,endpoints=32,endpoints_per_host=8,nic=multi-port"


def after(failures, fabric=TREE, traffic="uniform", **sections):
    return run_case(read_case(fabric, traffic, failures=failures, **sections)).results


def test_nothing_lost_is_no_slowdown():
    got = after("random:count=0")
    assert (got["slowdown"], got["reach"], got["failed"]) == (1.0, 1.0, "nothing")
    whole = run_case(read_case(TREE, "uniform")).results
    assert got["completion_s"] == whole["completion_s"]


def test_a_lone_spine_takes_its_share():
    """Uniform traffic of a non-blocking tree: 120 of 127 flows leave the leaf, over 7 spines in the place of 8."""
    tree = "fat-tree-2:radix=16,endpoints=128,endpoints_per_host=1,scale_up=none"
    got = after("worst:part=switch,tier=spine", tree)
    assert got["slowdown"] == pytest.approx(max(1.0, 120 / 127 * 8 / 7))
    assert got["losses_tried"] == 1  # all spines are alike


def test_the_worst_is_the_worst_of_all():
    """Static routes know no symmetry, so that each loss is tried; brute force by name agrees."""
    slow = [after(f"named:switch=leaf{i}", routing="static")["unreachable_commodities"] for i in range(8)]
    got = after("worst:part=switch,tier=leaf", routing="static")
    assert got["losses_tried"] == 8 and got["unreachable_commodities"] == max(slow)
    each = [after(f"named:cable={i}", traffic="shift:by=17", routing="ecmp")["slowdown"] for i in range(64, 96)]
    got = after("worst:part=cable", traffic="shift:by=17")
    assert got["slowdown"] == pytest.approx(max(each))


@pytest.mark.parametrize("quick", [True, False])
def test_no_loss_is_solved_twice(quick, monkeypatch):
    """The worst is solved once, whether it was told from loads before or from a solution of its own."""
    solved, once = [], loss._after
    monkeypatch.setattr(loss, "_after", lambda case, intact, one: solved.append(one) or once(case, intact, one))
    if not quick:
        monkeypatch.setattr(Quick, "harm", lambda *_: None)
    got = after("worst:part=switch,count=2", "slim-fly:q=3,p=1", traffic="permutation", routing="ecmp")
    assert got["losses_tried"] > loss.FEW
    assert len(solved) == len({id(one) for one in solved}) == (1 if quick else got["losses_tried"])
    assert got["failed"] in [one.name for one in solved]


def test_phases_wait_for_each_other_after_a_loss():
    """Phases in turn: the worst leaf-spine cable costs what it costs when it is named; half of them are alike."""
    traffic, tree = "allreduce:algorithm=halving-doubling", "fat-tree-2:radix=8,endpoints=16,endpoints_per_host=1"
    each = [after(f"named:cable={i}", f"{tree},scale_up=none", traffic) for i in range(16, 32)]
    got = after("worst:part=cable,tier=leaf-spine", f"{tree},scale_up=none", traffic)
    assert got["losses_tried"] == 8 and got["slowdown"] > 1.0
    assert got["slowdown"] == pytest.approx(max(one["slowdown"] for one in each), rel=1e-12)
    assert got["completion_s"] == pytest.approx(got["slowdown"] * got["intact_completion_s"], rel=1e-12)


def test_planes_of_multi_port_nics():
    """A plane down takes an eighth; half of a NIC's ports leave half of its rate."""
    assert after("named:plane=3", MULTI)["slowdown"] == pytest.approx(8 / 7)
    assert after("random:part=plane,count=4", MULTI)["slowdown"] == pytest.approx(2.0)


#: Facts.md section 7: eight planes of 4 leaves of 4 endpoints, an 800G NIC as eight 100G ports.
MRC = "fat-tree-2:planes=8,nic=multi-port,endpoints=16,endpoints_per_host=1,scale_up=none,rate=100Gb/s"


def nic_links(fabric, count):
    """The first ``count`` cables of endpoint 0, as a list in a spec."""
    whole = fabric_of(read_case(fabric, "uniform"))
    return ",".join(str(c) for c in np.sort(whole.cable[whole.first[0] : whole.first[0] + count]))


@pytest.mark.parametrize("balance", ["equal", "weighted"])
def test_half_the_links_of_a_nic_leave_half_of_its_rate(balance):
    """MRC: 4 of the 8 links of a NIC down; HPN: one of the two leaf links of a NIC lost."""
    hpn = "fat-tree-2:radix=8,planes=2,nic=multi-port,endpoints=32,endpoints_per_host=1,scale_up=none,rate=200Gb/s"
    for fabric, lost in ((f"{MRC},radix=8", 4), (hpn, 1)):
        got = after(f"named:cable=[{nic_links(fabric, lost)}]", fabric, routing=f"ecmp:balance={balance}")
        assert got["slowdown"] == pytest.approx(2.0) and got["unreachable_commodities"] == 0


@pytest.mark.parametrize("balance", ["equal", "weighted"])
def test_a_leaf_of_one_plane_takes_an_eighth(balance):
    got = after("named:switch=leaf0", f"{MRC},radix=8", routing=f"ecmp:balance={balance}")
    assert got["slowdown"] == pytest.approx(8 / 7) and got["unreachable_commodities"] == 0


@pytest.mark.parametrize("balance", ["equal", "weighted"])
def test_a_spine_costs_nothing_where_leaves_have_a_margin(balance):
    """Five uplinks for four endpoints: four of them carry what 12 of 15 partners get."""
    got = after("named:switch=spine0", f"{MRC},radix=10,down=4,up=5,spines=5", routing=f"ecmp:balance={balance}")
    assert got["slowdown"] == pytest.approx(1.0)


def test_the_worst_plane_limits_equal_shares_and_not_weighted_ones():
    """Two of four uplinks a plane: a plane that lost one carries half of what others do."""
    tree = f"{MRC},radix=8,down=4,up=2,spines=2"
    equal, weighted = (
        after("named:switch=spine0", tree, routing=f"ecmp:balance={one}")["slowdown"] for one in ("equal", "weighted")
    )
    assert equal == pytest.approx(2.0)
    assert weighted == pytest.approx(8 / 7.5)


def test_one_spine_dies():
    """The table of docs/failures.md: what is lost and how slow the rest is, by balance and by how routes react."""
    tree = f"{MRC},radix=8,down=4,up=2,spines=2"
    got = {
        (balance, reroute): after(f"named:switch=spine0,reroute={reroute}", tree, routing=f"ecmp:balance={balance}")[
            "kept_throughput"
        ]
        for balance in ("equal", "weighted")
        for reroute in ("tables", "local", "ideal")
    }
    lost = 12 / 15 / 8 / 2  # of the flows that leave a leaf, in one plane of eight, on one spine of two
    tables, half = (1 - lost) * 7.5 / 8, 0.5
    assert list(got.values()) == pytest.approx([tables, half, half, tables, half, 7.5 / 8])


def test_phases_are_slowed_down_one_by_one():
    """Dispatch and combine in turn: a plane in eight is gone, and each takes 8 / 7 of its time."""
    tree = f"{MRC},radix=8"
    whole = run_case(read_case(tree, "moe-all-to-all:ep=16")).results
    got = after("named:plane=3", tree, "moe-all-to-all:ep=16")
    assert got["slowdown"] == pytest.approx(8 / 7)
    assert got["phase_end_s"] == pytest.approx([8 / 7 * one for one in whole["phase_end_s"]])
    assert [one["name"] for one in got["limits"]] == ["combine", "dispatch"]


def test_the_command_line_tells_phases_after_failures(capsys):
    main(["analyze", f"{MRC},radix=8", "moe-all-to-all:ep=16", "--failures", "named:plane=3"])
    said = capsys.readouterr().out
    assert "longest phases" in said and "dispatch" in said and "combine" in said and "slowdown" in said


def test_a_plane_of_single_port_nics_is_relayed():
    """Eight planes, eight endpoints a host: the NICs of seven carry what eight did, all by relays of the host."""
    tree = "fat-tree-2:radix=8,planes=8,endpoints=256,endpoints_per_host=8"
    got = after("named:plane=3", tree)
    assert got["reach_with_relay"] == 1.0 and got["unreachable_commodities"] == 0
    assert got["slowdown"] > 8 / 7 - 1e-9


@pytest.mark.parametrize("failures", ["part=cable,count=2", "part=nic,count=3", "part=switch,tier=spine"])
@pytest.mark.parametrize("policy", ["static", "ecmp-hash:qps=2,seed=1"])
def test_kept_tables_lose_what_crosses_dead_links(failures, policy):
    """Every flow's own column of the intact routing says what of it crosses a dead link."""
    fabric = "fat-tree-2:radix=8,planes=2,endpoints=32,endpoints_per_host=4"
    case = read_case(fabric, "uniform", routing=policy, failures=f"random:{failures},reroute=tables")
    whole = fabric_of(case)
    demand = demand_of(case, whole).listed()
    shares = route(whole, demand, **case.routing).columns().tocsc()
    given = {key: value for key, value in case.failures.items() if key not in ("pick", "reroute")}
    dead = random(whole, **given)[0].dead(whole)
    # What a flow loses on its network leg it loses once, however many dead links the leg crosses.
    crossing = np.array([shares.data[slice(*shares.indptr[f : f + 2])][dead[_rows(shares, f)]].max(initial=0.0)
                         for f in range(demand.n_commodities)])  # fmt: skip
    got = run_case(case).results
    if policy == "static":
        assert got["blackholed_share"] == pytest.approx(crossing.mean())
    else:
        assert crossing.mean() <= got["blackholed_share"] + 1e-12
    again = run_case(read_case(fabric, "uniform", routing=policy, failures=f"random:{failures}")).results
    assert again["blackholed_share"] == 0.0 and again["unreachable_commodities"] == 0


def _rows(shares, f):
    return shares.indices[slice(*shares.indptr[f : f + 2])]


def test_tables_need_tables():
    with pytest.raises(RoutingError, match="policy 'adaptive' has no tables to keep"):
        after("random:reroute=tables", routing="adaptive")
    with pytest.raises(RoutingError, match="no next one to take"):
        after("random:reroute=local", routing="static")


@pytest.mark.parametrize(("reroute", "said"), [("ideal", []), ("tables", ["before"]), ("local", ["before"])])
def test_what_is_sent_as_before_the_loss_is_said(reroute, said):
    """Feedback settles before the loss; only routes found anew are those of senders that have heard of it."""
    case = read_case(
        "fat-tree-2:radix=4,endpoints=8",
        "uniform",
        routing="spray:paths=4,choose=feedback",
        failures=f"named:switch=spine0,reroute={reroute}",
    )
    lines = [line for line in assumptions(case) if line.startswith("reroute")]
    assert len(lines) == len(said) and all(f"reroute {reroute}" in line and "feedback" in line for line in lines)


def test_next_hops_that_are_kept():
    """A cable of a leaf is gone: tables lose an eighth of what goes up and down there; a leaf that skips it, what comes
    down alone, for other leaves know nothing of it.  Of 128 x 127 flows, 8 x 120 leave a leaf and as many come to it.
    """
    tree = "fat-tree-2:radix=16,endpoints=128,endpoints_per_host=1,scale_up=none"
    ideal, tables, local = (
        after(f"named:cable=140,reroute={one}", tree, routing="ecmp") for one in ("ideal", "tables", "local")
    )
    assert ideal["failed_cables"] == 1 and ideal["blackholed_share"] == 0.0
    assert tables["blackholed_share"] == pytest.approx(2 * 8 * 120 / 8 / (128 * 127))
    assert local["blackholed_share"] == pytest.approx(8 * 120 / 8 / (128 * 127))
    assert local["slowdown"] >= 1.0 and tables["slowdown"] == pytest.approx(1.0)
    assert tables["kept_throughput"] == pytest.approx(1.0 - tables["blackholed_share"])
    whole = [after(f"random:count=0,reroute={one}", tree)["slowdown"] for one in ("ideal", "tables", "local")]
    assert whole == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize("policy", ["static", "ecmp"])
def test_relays_by_all_nics_keep_their_tables(policy):
    """All traffic goes by all NICs of both hosts: a plane in four that is gone takes a quarter of it."""
    fabric = "fat-tree-2:radix=8,planes=4,endpoints=64,endpoints_per_host=4,relay=spread"
    got = after("named:plane=1,reroute=tables", fabric, routing=policy)
    assert got["blackholed_share"] == pytest.approx(60 / 63 / 4)


@pytest.mark.parametrize("solver", ["max-min", "completion"])
def test_every_solver_takes_what_arrives(solver):
    fabric = "fat-tree-2:radix=8,planes=2,endpoints=32,endpoints_per_host=4"
    got = after("random:part=cable,count=3,reroute=local", fabric, "shift:by=9", solve=solver)
    assert got["blackholed_share"] < 1.0 and got["completion_s"] > 0.0


def test_a_network_that_is_all_gone():
    got = after("named:plane=0", "fat-tree-2:radix=8,endpoints=16,endpoints_per_host=1,scale_up=none")
    assert got["reach_with_relay"] == 0.0 and got["completion_s"] is None and got["slowdown"] is None
    assert got["kept_throughput"] == 0.0
    assert got["cut_off_count"] == 16


def test_parts_that_are_not_there():
    with pytest.raises(LossError, match="no switch of tier core"):
        after("random:part=switch,tier=core")


def test_failures_in_a_study(tmp_path):
    """Axes like any other, the same bytes again, and a baseline that is already there."""
    text = f"""
schema: 1
title: failures
fabric: {TREE}
traffic: uniform
failures: random:part=cable
baseline: intact
sweep:
  failures.count: [0, 1, 4]
  seed: [0, 1]
"""
    done = run(parse_study(text, "s.yaml"), tmp_path)
    got = [record["results"]["slowdown"] for record in done.records]
    assert not done.failed and len(got) == 6
    assert got[:2] == [1.0, 1.0] and got[4] >= got[2] >= 1.0
    assert {record["results"]["baseline"] for record in done.records} == {"intact"}
    assert done.records[2]["results"]["failed"] != done.records[3]["results"]["failed"]
