"""Efficiency as files and studies write it: what is read, refused and said, and what it does to a time."""

from __future__ import annotations

import pytest

from topo.config import names, parse_study
from topo.config.document import parse
from topo.config.efficiency import in_words, read_efficiency
from topo.config.errors import ConfigError
from topo.config.hardware import efficiency_of
from topo.study.assumptions import assumptions
from topo.study.one_case import run_case
from traffic.efficiency import Curve
from traffic.operation import Operation

MIB = 2.0**20
STUDY = """
schema: 1
title: S
fabric: {{family: fat-tree-2, radix: 8, planes: 2, endpoints: 16, endpoints_per_host: 4, hardware: infiniband}}
traffic: {traffic}
solve: {{solver: completion{efficiency}}}
"""
FAILED = "failures: {pick: random, part: cable, count: 1}\n"
ALLREDUCE = "{pattern: allreduce, bytes: 32MiB}"


def case(efficiency="", traffic=ALLREDUCE, base=None):
    more = f", efficiency: {efficiency}" if efficiency else ""
    return parse_study(STUDY.format(traffic=traffic, efficiency=more), "s.yaml", base=base).cases[0]


def results(efficiency="", traffic=ALLREDUCE, base=None):
    return run_case(case(efficiency, traffic, base)).results


def test_shares_tables_and_hosts_are_read():
    text = "allreduce: {2 hosts: {16MiB: 50 %, 1GiB: 0.9}, 8 hosts: 0.5}\nall-to-all: {1MiB: 0.3}\nreduce: 92%\n"
    curves = read_efficiency(parse(text, "e.yaml"), "efficiency").curves
    assert curves["allreduce"] == {2: Curve((16 * MIB, 1024 * MIB), (0.5, 0.9)), 8: Curve((1.0,), (0.5,))}
    assert curves["all-to-all"] == {0: Curve((MIB,), (0.3,))} and curves["reduce"] == {0: Curve((1.0,), (0.92,))}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("allreduces: 0.9", r"e.yaml:1:\d+: efficiency: collective 'allreduces' is unknown; .*did you mean allreduce"),
        ("allreduce: 1.1", r"e.yaml:1:\d+: efficiency.allreduce: .*1.1 must be above 0 and at most 1"),
        ("allreduce: {16MiB: 0}", r"efficiency.allreduce: .*0 must be above 0"),
        ("allreduce: {16MiB: x}", r"efficiency.allreduce: .*'x' is none; write 92 % or 0.92"),
        ("allreduce: {16 MiBs: 0.5}", r"efficiency.allreduce: size: '16 MiBs'"),
        ("allreduce: {32MiB: 0.5, 16MiB: 0.4}", r"sizes of a curve must be positive and ascend"),
        ("allreduce: {}", r"efficiency.allreduce: a curve needs at least one size"),
        ("allreduce: {2 hosts: 0.5, 16MiB: 0.4}", r"'16MiB' is no number of hosts as the others are"),
        ("allreduce: {2 hosts: {16MiB: 2}}", r"efficiency.allreduce.2 hosts: .*2 must be"),
        ("allreduce: [0.5]", r"efficiency.allreduce: "),
        ("[0.5]", r"efficiency: needs a mapping of collectives to shares"),
    ],
)
def test_what_is_refused(text, says):
    with pytest.raises(ConfigError, match=says):
        read_efficiency(parse(text, "e.yaml"), "efficiency")


def test_an_efficiency_of_one_is_none_at_all():
    off, on = results(), results("{allreduce: 1, all-to-all: {16MiB: 1.0, 16GiB: 1}}")
    rows = on.pop("efficiencies")
    assert on == off and "efficiencies" not in off
    assert rows == [
        {"collective": "allreduce", "bytes": 32 * MIB, "hosts": 4, "phases": 1, "efficiency": 1.0, "in_range": True}
    ]


def test_bytes_take_so_much_longer_and_latency_does_not():
    off, on = results(), results("{allreduce: {16MiB: 0.2, 64MiB: 0.6}}")
    late = results(traffic="{pattern: allreduce, bytes: 1B}")["completion_s"]  # latency alone, and 2 B
    assert (on["completion_s"] - late) / (off["completion_s"] - late) == pytest.approx(1 / 0.4, rel=1e-6)
    assert on["busbw_bytes_per_s"] < off["busbw_bytes_per_s"]
    assert on["gap"] > off["gap"]  # the bound stays what links allow


def test_other_collectives_and_patterns_reach_their_bound():
    off, on = results(traffic="{pattern: all-to-all}"), results("{allreduce: 0.5}", "{pattern: all-to-all}")
    assert on["completion_s"] == off["completion_s"]
    assert on["efficiencies"][0]["in_range"] is None and on["efficiencies"][0]["efficiency"] == 1.0
    uniform = results("{all-to-all: 0.5}", "{pattern: permutation, bytes: 1MiB}")
    assert uniform["efficiencies"] == []


def test_jobs_are_held_against_themselves_alone_at_the_same_efficiency():
    jobs = "{pattern: jobs, jobs: [{name: a, hosts: 2, pattern: allreduce, bytes: 1MiB}]}"
    assert results("{allreduce: 0.5}", jobs)["slowdown_max"] == pytest.approx(1.0)


def test_a_file_and_the_page(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "schema: 1\ntitle: Mine\nefficiency: {allreduce: {16MiB: 0.2, 64MiB: 0.6}}\nsources: {efficiency: a log}\n"
    )
    named, stated = results("./mine.yaml", base=tmp_path), results("{allreduce: {16MiB: 0.2, 64MiB: 0.6}}")
    assert named["completion_s"] == stated["completion_s"]
    said = "; ".join(assumptions(case("./mine.yaml", base=tmp_path)))
    assert (
        "efficiency ./mine.yaml, of the bound of a collective by its size: allreduce 0.2 at 16 MiB to 0.6 at 64 MiB"
        in said
    )
    assert "efficiency as the study states it" in "; ".join(assumptions(case("{allreduce: 0.9}")))
    assert "efficiency" not in "; ".join(assumptions(case()))


@pytest.mark.parametrize(
    ("efficiency", "says"),
    [
        ("h800", r"s.yaml:6:\d+: solve.efficiency: hardware h800 states no efficiency; .*simai-nccl"),
        ("simai", r"s.yaml:6:\d+: solve.efficiency: .*did you mean simai-nccl"),
        ("{allreduce: 2}", r"s.yaml:6:\d+: solve.efficiency.allreduce: .*2 must be above 0"),
        ("[1]", r"s.yaml:6:\d+: solve.efficiency: "),
    ],
)
def test_what_a_study_may_not_say(efficiency, says):
    with pytest.raises(ConfigError, match=says):
        case(efficiency)


def test_words_of_curves():
    said = in_words(efficiency_of("simai-nccl"))
    assert "allreduce 0.45 at 16 MiB to 0.81 at 16 GiB on 1 host, 0.044 at 16 MiB to 0.957 at 16 GiB on 32" in said
    assert "all-to-all 0.44 at 16 MiB" in said and "larger messages do not always reach more on 2 hosts" in said
    assert in_words(efficiency_of({"reduce": 0.5})) == "reduce 0.5"


def test_the_shares_that_simai_ships():
    """Entries of its files: all-to-all of 16 MiB and 16 GiB on 4 hosts, allreduce on 32."""
    curves = efficiency_of("simai-nccl")
    ends = [("all-to-all", 4, 0.67, 0.95), ("allreduce", 32, 0.044, 0.957)]
    for name, hosts, small, large in ends:
        assert curves.share(Operation(name, 16 * MIB, hosts)) == pytest.approx(small)
        assert curves.share(Operation(name, 16 * 1024 * MIB, hosts)) == pytest.approx(large)
    assert "simai-nccl" in names("hardware")


def test_what_failures_leave_reaches_its_share_too():
    text = STUDY.format(traffic=ALLREDUCE, efficiency=", efficiency: {allreduce: 0.5}")
    one = parse_study(text + FAILED, "s.yaml").cases[0]
    without = parse_study(text.replace(", efficiency: {allreduce: 0.5}", "") + FAILED, "s.yaml").cases[0]
    off, on = (run_case(each).results["completion_s"] for each in (without, one))
    assert on - off == pytest.approx(2 * 15 / 16 * 32 * MIB / 200e9)  # as much again over scale-up links; latency once
