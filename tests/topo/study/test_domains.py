"""GB200 NVL72 from study file and command line: trays of 4, domains of 72, NICs between racks."""

from __future__ import annotations

import pytest

from tests.topo.cli.test_verbs import load, run  # noqa: F401, fixtures
from topo.cli import main
from topo.config import parse_study
from topo.study import run_case
from topo.study.assumptions import assumptions

TEXT = """\
schema: 1
title: Racks of 72
fabric: {family: fat-tree-2, radix: 64, endpoints: 576, hardware: gb200-nvl72}
traffic: {pattern: moe-all-to-all, tokens: 64}
cases:
  - {name: one rack, fabric: {endpoints: 72}, traffic: {ep: 64}}
  - {name: eight racks, traffic: {ep: 64}}
  - {name: whole racks, traffic: {ep: 72, model: {base: deepseek-v3, routed_experts: 288}}}
  - {name: two racks a group, traffic: {ep: 144, model: {base: deepseek-v3, routed_experts: 288}}}
  - {name: planes, fabric: {planes: 8}, traffic: {ep: 144, model: {base: deepseek-v3, routed_experts: 288}}}
"""


@pytest.fixture(scope="module")
def results():
    return {case.name: run_case(case).results for case in parse_study(TEXT, "racks.yaml").cases}


def test_the_preset_names_tray_and_domain():
    case = parse_study(TEXT, "racks.yaml").cases[1]
    assert (case.fabric["endpoints_per_host"], case.fabric["scale_up_domain"]) == (4, 72)
    assert case.fabric["nic_rate"] == "400Gb/s" and case.fabric["scale_up"] == "900GB/s"
    assert "4 endpoints a host, 72 a scale-up domain" in assumptions(case)[0]


@pytest.mark.parametrize(("name", "domains"), [("one rack", 1), ("eight racks", 8), ("whole racks", 8)])
def test_a_group_on_one_domain_runs_without_the_network(results, name, domains):
    found = results[name]
    assert (found["domains"], found["hosts"], found["ep_hosts"]) == (domains, 18 * domains, 1)
    assert found["bytes_by_plane"] == {"0": 0.0} and found["max_utilization"] is None
    assert found["bottleneck_tier"] == "scale-up" and found["bound_by"] == "scale-up"
    # dispatch and combine of the bytes that the fullest rank sends, at 900 GB/s
    assert found["theta"] == pytest.approx(1 / found["dedup_step_s"], rel=1e-9)
    assert "one scale-up domain of 72 ranks, 4 a host" in found["explanation"]


@pytest.mark.parametrize("name", ["two racks a group", "planes"])
def test_groups_of_two_domains_cross_once_a_domain(results, name):
    found = results[name]
    assert found["ep_hosts"] == 2 and found["remote_copies"] == pytest.approx(found["hosts_per_token"] / 2)
    crossing = sum(found["bytes_by_plane"].values())
    assert crossing == pytest.approx(576 * found["network_bytes_per_endpoint"])
    assert found["rail_balance"] == pytest.approx(1.0), "rails are positions in the tray"
    assert len(found["rail_share_sent"]) == 4


def test_the_command_line_names_them(capsys, load):  # noqa: F811
    fabric, traffic = "fat-tree-2:radix=64,endpoints=144,hardware=gb200-nvl72", "moe-all-to-all:ep=64,tokens=64"
    assert main(["analyze", fabric, traffic]) == 0
    printed = capsys.readouterr().out
    assert "36 of 4 endpoints" in printed and "2 of up to 72 endpoints" in printed
    assert load("analyze", fabric, traffic)["domains"] == 2
    assert load("size", "fat-tree-2:radix=64,endpoints=144,hardware=gb200-nvl72")["domains"] == 2
    own = load("size", "dragonfly:a=8,endpoints_per_host=4,scale_up_domain=36")
    assert (own["hosts"], own["domains"], own["diameter"]) == (264, 30, 5)
    slow = load("moe", "--hardware", "gb200-nvl72", "--ep", "144", "--set", "routed_experts=288")
    assert (slow["hosts"], slow["ranks_per_host"], slow["ranks_per_domain"]) == (2, 4, 72)
