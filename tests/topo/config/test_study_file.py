"""How a study file expands into cases."""

import time

import pytest

from topo.config import (
    ConfigError,
    Files,
    fabric_of,
    json_schema,
    load_study,
    names,
    parse_study,
    read_case,
    read_part,
)
from topo.config.design import load_design
from topo.config.document import parse
from topo.config.hardware import latencies
from topo.config.spec import parse_spec
from topo.config.study_file import holds_design
from topo.fabric import Tier

BASE = """\
schema: 1
title: Expansion
fabric: {family: fat-tree-2, radix: 16, endpoints: 64, rate: 400Gb/s}
traffic: {pattern: shift, by: 1}
"""


def cases_of(text, **options):
    return parse_study(BASE + text, "s.yaml", **options).cases


def test_defaults_are_filled_in():
    (case,) = cases_of("")
    assert case.fabric["scale_up"] == "200GB/s"
    assert case.fabric["hardware"] == "none"
    assert case.routing["policy"] == "ecmp"
    assert case.solve["solver"] == "proportional"
    assert case.cost is None
    assert case.seed == 0


def test_axes_cross_the_last_running_fastest():
    cases = cases_of("sweep:\n  fabric.planes: [1, 2]\n  routing.policy: [ecmp, static]\n")
    assert [(c.fabric["planes"], c.routing["policy"]) for c in cases] == [
        (1, "ecmp"),
        (1, "static"),
        (2, "ecmp"),
        (2, "static"),
    ]
    assert cases[3].name == "planes=2 / static"
    assert cases[3].labels == {"fabric.planes": 2, "routing.policy": "static"}


def test_a_section_that_names_itself_starts_afresh_and_gives_its_label():
    text = "sweep:\n  fabric:\n  - {name: A, family: slim-fly, q: 5}\n  - dragonfly:a=4\n  - {planes: 2}\n"
    first, second, third = cases_of(text)
    assert first.labels == {"fabric": "A"}
    assert "radix" not in first.fabric
    assert "name" not in first.fabric
    assert second.labels == {"fabric": "dragonfly"}
    assert third.fabric["radix"] == 16
    assert third.fabric["planes"] == 2


def test_equal_labels_become_spec_strings():
    one, two = cases_of("sweep:\n  fabric: ['slim-fly:q=5', 'slim-fly:q=7']\n")
    assert one.labels == {"fabric": "slim-fly:q=5"}
    assert two.name == "slim-fly:q=7"


def test_cases_bring_axes_of_their_own_and_cross_with_the_study():
    text = "sweep:\n  seed: [1, 2]\ncases:\n- {name: a, panel: x}\n"
    text += "- {name: b, traffic: null, sweep: {fabric.planes: [1, 2]}}\n"
    cases = cases_of(text)
    assert [case.name for case in cases] == [
        "a / seed=1",
        "a / seed=2",
        "b / seed=1 / planes=1",
        "b / seed=1 / planes=2",
        "b / seed=2 / planes=1",
        "b / seed=2 / planes=2",
    ]
    assert cases[0].panel == "x"
    assert cases[0].labels["case"] == "a"
    assert cases[2].traffic is None


def test_ranges_zipped_axes_and_exclusions():
    assert [c.traffic["by"] for c in cases_of("sweep:\n  traffic.by: {range: [1, 7, 3]}\n")] == [1, 4, 7]
    zipped = cases_of("sweep:\n  'fabric.planes, fabric.endpoints': [[1, 64], [2, 128]]\n")
    assert [(c.fabric["planes"], c.fabric["endpoints"]) for c in zipped] == [(1, 64), (2, 128)]
    assert zipped[1].name == "planes=2, endpoints=128"
    text = "sweep:\n  fabric.planes: [1, 2]\n  traffic.by: [1, 2]\nexclude: [{fabric.planes: 2, traffic.by: [2, 3]}]\n"
    assert len(cases_of(text)) == 3


def test_seeds_follow_from_the_root_seed_alone():
    cases = cases_of("seeds: 3\nrouting: ecmp-hash\n")
    again = cases_of("seeds: 3\nrouting: ecmp-hash\n")
    assert len({case.routing["seed"] for case in cases}) == 3
    assert [case.identity("1") for case in cases] == [case.identity("1") for case in again]
    assert cases_of("seeds: 3\nseed: 1\nrouting: ecmp-hash\n")[0].seed != cases[0].seed


def test_overrides_win_over_file_cases_and_axes():
    text = "sweep:\n  fabric.planes: [1, 2]\ncases:\n- {name: a, traffic: {by: 3}}\n- {name: b, traffic: null}\n"
    cases = cases_of(text, overrides=["fabric.planes=4", "traffic.by=5"])
    assert [case.name for case in cases] == ["a", "b"]
    assert cases[0].fabric["planes"] == 4
    assert cases[0].traffic["by"] == 5
    assert cases[1].traffic is None


def test_refused_combinations_can_be_recorded():
    good, bad = cases_of("invalid: record\nsweep: {fabric.planes: [1, 3]}\n")
    assert not good.refused
    assert "planes" in bad.refused
    with pytest.raises(ConfigError):
        cases_of("sweep: {fabric.planes: [1, 3]}\n")


def test_identity_is_of_input_and_files_not_of_names():
    (one,) = cases_of("")
    (named,) = cases_of("cases: [{name: other, panel: p}]\n")
    (other,) = cases_of("cases: [{traffic: {by: 2}}]\n")
    assert one.identity("1") == named.identity("1") != other.identity("1")
    assert one.identity("1") != one.identity("2")


def test_identity_covers_referenced_files(tmp_path):
    demand = tmp_path / "d.csv"
    digests = []
    for size in (1, 2):
        demand.write_text(f"src,dst,bytes\n0,9,{size}\n")
        study = parse_study(BASE + "cases: [{traffic: 'file:path=d.csv'}]\n", "s.yaml", base=tmp_path)
        digests.append(study.cases[0].identity("1"))
        assert study.cases[0].traffic["path"] == "d.csv"
    assert digests[0] != digests[1]


def test_wrong_lines_of_a_demand_file(tmp_path):
    (tmp_path / "d.csv").write_text("src,dst,bytes\n0,1,5\n0,0,5\n0,99,5\n1,2,x\n1,2\n")
    with pytest.raises(ConfigError) as error:
        parse_study(BASE + "cases: [{traffic: 'file:path=d.csv'}]\n", "s.yaml", base=tmp_path)
    for part in ("d.csv:3: rank 0 sends to itself", "d.csv:4: ranks go from 0 to 63", "d.csv:5", "d.csv:6"):
        assert part in str(error.value)


def test_yaml_is_1_2():
    data = parse("a: 400e9\nb: yes\nc: 010\nd: 0o10\ne: null\n", "f").data
    assert data == {"a": 400e9, "b": "yes", "c": 10, "d": 8, "e": None}


def test_spec_strings():
    assert parse_spec('p:a=1,b=x=y,c=[1, 2],d="a,b",e=true', "pattern").data == {
        "pattern": "p",
        "a": 1,
        "b": "x=y",
        "c": [1, 2],
        "d": "a,b",
        "e": True,
    }
    assert parse_spec("uniform", "pattern").data == {"pattern": "uniform"}


def test_units_reach_the_generator_in_si():
    case = read_case("fat-tree-2:radix=16,rate=100Gb/s,scale_up=none,hardware=roce", "uniform")
    fabric = fabric_of(case)
    between = fabric.tier == Tier.LEAF_SPINE
    assert set(fabric.capacity) == {12.5e9}
    assert not (fabric.tier == Tier.SCALE_UP).any()
    assert set(fabric.latency[between]) == {1e-6 + latencies("roce")["cable_latency"]}


def test_a_fabric_may_come_from_a_yaml_file(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("family: slim-fly\nq: 5\n")
    assert read_case(str(path)).fabric["q"] == 5
    path.write_text("family: slim-fly\nq: five\n")
    with pytest.raises(ConfigError, match=r"f\.yaml:2:1: fabric\.q"):
        read_case(str(path))


@pytest.mark.parametrize("name", names("studies"))
def test_shipped_studies_are_valid(name):
    if holds_design(name):
        assert load_design(name).text
        with pytest.raises(ConfigError, match="a design is no study: topo design"):
            load_study(name)
        return
    study = load_study(name)
    assert study.cases
    assert len({case.name for case in study.cases}) == len(study.cases)


def test_schema_offers_every_family_and_key():
    schema = json_schema()
    assert {"fabric:fat-tree-2", "traffic:uniform", "routing:ecmp", "solve:completion"} <= set(schema["$defs"])
    assert "radix" in schema["$defs"]["fabric:fat-tree-2"]["properties"]


@pytest.mark.parametrize(
    ("hardware", "same_leaf", "cross_leaf"), [("infiniband", 2.8e-6, 3.7e-6), ("roce", 3.6e-6, 5.6e-6)]
)
def test_hardware_gives_table_5(hardware, same_leaf, cross_leaf):
    """Table 5 of arXiv 2505.09343: 64 B, one switch and three switches; NVLink 3.33 us in two cables."""
    seconds = latencies(hardware, Files())
    assert seconds["overhead"] + seconds["switch_latency"] == pytest.approx(same_leaf)
    assert seconds["overhead"] + 3 * seconds["switch_latency"] == pytest.approx(cross_leaf)
    assert seconds["overhead"] + 2 * seconds["scale_up_latency"] == pytest.approx(3.33e-6)


@pytest.mark.parametrize("hardware", ["h800", "h800-reached"])
def test_a_host_names_its_rates_and_the_latencies_of_its_network(hardware):
    """Rates of sections 4.1 to 4.3 of the paper, specified and reached; latencies are those of infiniband."""
    case = read_case(f"fat-tree-2:radix=16,planes=8,endpoints=256,hardware={hardware}", "uniform")
    fabric = fabric_of(case)
    port, inside = {"h800": (50e9, 200e9), "h800-reached": (40e9, 160e9)}[hardware]
    stated = {Tier.ENDPOINT: port, Tier.SCALE_UP: inside, Tier.LEAF_SPINE: 50e9}
    assert {tier: set(fabric.capacity[fabric.tier == tier]) for tier in stated} == {t: {c} for t, c in stated.items()}
    assert latencies(hardware) == latencies("infiniband")


def test_what_is_written_wins_over_the_hardware_file_and_that_over_the_default():
    base = "fat-tree-2:radix=16,endpoints=64"
    assert read_case(base, "uniform").fabric["scale_up"] == "200GB/s"
    assert read_case(f"{base},hardware=infiniband", "uniform").fabric["scale_up"] == "200GB/s"
    reached = read_case(f"{base},hardware=h800-reached,scale_up=none", "uniform").fabric
    assert (reached["scale_up"], reached["nic_rate"]) == ("none", "40GB/s")
    assert read_part(fabric=f"{base},hardware=h800-reached").fabric["scale_up"] == "160GB/s"


def test_a_nic_faster_than_its_ports_is_said():
    """What a file or a user states and the ports cannot carry does not vanish without a word."""
    base = "fat-tree-2:radix=16,endpoints=64,nic_rate=900GB/s"
    (note,) = read_case(base, "uniform").notes
    assert "nic_rate 900GB/s" in note and "one port of 400Gb/s" in note
    assert "2 ports of" in read_case(f"{base},planes=2,nic=multi-port", "uniform").notes[0]
    assert not read_case(f"{base},rate=7200Gb/s", "uniform").notes
    assert not read_case("fat-tree-2:radix=16,endpoints=64,hardware=h800", "uniform").notes


def test_hardware_may_be_an_axis(tmp_path):
    """Each case takes the rates of its own file, a user's one included; all-to-all at NIC limit slows by 50 / 40."""
    text = "schema: 1\ntitle: Mine\nnic_rate: 25GB/s\nsources: {nic_rate: data sheet}\n"
    (tmp_path / "mine.yaml").write_text(text)
    swept = "sweep:\n  fabric.hardware: [none, h800-reached, ./mine.yaml]\n"
    cases = parse_study(BASE + swept, "s.yaml", base=tmp_path).cases
    assert [case.fabric["nic_rate"] for case in cases] == [None, "40GB/s", "25GB/s"]
    assert [case.fabric["scale_up"] for case in cases] == ["200GB/s", "160GB/s", "200GB/s"]
    assert "./mine.yaml" in cases[2].files.texts


def test_a_rate_needs_its_source(tmp_path):
    (tmp_path / "bare.yaml").write_text("schema: 1\ntitle: Bare\nnic_rate: 25GB/s\n")
    with pytest.raises(ConfigError, match=r"bare.yaml:3:\d+: nic_rate: has no source"):
        parse_study(BASE + "sweep:\n  fabric.hardware: [./bare.yaml]\n", "s.yaml", base=tmp_path)


def test_match_chooses_networks_of_equal_size():
    text = (
        "invalid: record\nsweep:\n  fabric:\n  - {name: SF, family: slim-fly, match: {radix: 64}}\n"
        "  - {name: DF, family: dragonfly, match: {radix: 64}}\n"
        "  - {name: FT2, family: fat-tree-2, match: {radix: 64}}\n"
        "  fabric.match.endpoints: [2048, 65536]\n"
    )
    cases = {case.name: case for case in cases_of(text)}
    assert cases["SF / endpoints=2048"].fabric["q"] == 11
    assert cases["DF / endpoints=2048"].fabric["a"] == 10
    assert cases["DF / endpoints=65536"].fabric["a"] == 22
    assert cases["FT2 / endpoints=2048"].fabric["radix"] == 64
    assert cases["FT2 / endpoints=2048"].notes == ("matched 2048 endpoints: fat-tree-2 with radix=64 has 2048",)
    assert "nearest has 2048 endpoints" in cases["FT2 / endpoints=65536"].refused
    assert "nearest has 30618 endpoints" in cases["SF / endpoints=65536"].refused


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ("{endpoint: 64}", "fabric.match.endpoint: unknown key"),
        ("{endpoints: 1}", "fabric.match.endpoints: 2 or more"),
        ("{endpoints: 2048}, radix: 64", "leave radix and endpoints out"),
    ],
)
def test_wrong_matches(match, said):
    with pytest.raises(ConfigError) as error:
        cases_of(f"cases: [{{fabric: {{family: fat-tree-2, match: {match}}}}}]\n")
    assert said in str(error.value)


def test_set_reaches_a_section_that_only_an_axis_brings_and_one_that_is_left_out():
    study = parse_study(
        "schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 8, endpoints: 16, endpoints_per_host: 4}\n"
        "sweep:\n  traffic:\n    - {name: a, pattern: shift}\n    - {name: b, pattern: tornado}\n",
        "t.yaml",
        overrides=("traffic.bytes=4KiB", "solve.solver=max-min", "routing.policy=static"),
    )
    assert [case.traffic["bytes"] for case in study.cases] == ["4KiB", "4KiB"]
    assert {case.solve["solver"] for case in study.cases} == {"max-min"}
    assert {case.routing["policy"] for case in study.cases} == {"static"}


@pytest.mark.parametrize(
    ("n", "sweep"),
    [
        (30_000, "sweep:\n  seed: [" + ", ".join(map(str, range(30_000))) + "]\n"),
        (10_000, 'sweep:\n  "seed, fabric.planes": [' + ", ".join(f"[{i}, 1]" for i in range(10_000)) + "]\n"),
        (10_000, "cases:\n" + "".join(f"- {{seed: {i}}}\n" for i in range(10_000))),
    ],
    ids=["values", "rows", "cases"],
)
def test_long_lists_are_read_in_time_that_grows_with_their_length(n, sweep):
    """30,000 values once took over two minutes: each looked through the places of all others."""
    begin = time.process_time()
    assert len(cases_of(sweep)) == n
    assert time.process_time() - begin < 10


def test_an_anchor_given_twice_is_no_warning(recwarn):
    text = "schema: 1\ntitle: t\nfabric: &a {family: fat-tree-2, radix: 4}\ntraffic: &a {pattern: uniform}\n"
    assert parse_study(text, "s.yaml").cases
    assert not recwarn.list
