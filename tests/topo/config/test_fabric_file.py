"""A file wherever a fabric is taken: studies, every verb, the identity of a case."""

from __future__ import annotations

import json

import pytest

import topo
from topo.cli import main
from topo.config import ConfigError, fabric_of, facts_of, parse_study, read_case, size_of
from topo.study import outcome

STUDY = """
schema: 1
title: files
fabric: {file: links.csv, rate: 100Gb/s, endpoints_per_host: 2, scale_up: 200GB/s}
traffic: uniform
cases:
  - {name: list}
  - {name: same, fabric: {family: file, path: own.fabric.json}}
  - {name: bare, fabric: own.fabric.json}
  - {name: family, fabric: "fat-tree-2:radix=4,endpoints_per_host=2,rate=100Gb/s"}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fabric = topo.generate("fat-tree-2", radix=4, endpoints_per_host=2, capacity=12.5e9, scale_up=200e9)
    topo.write(fabric, "own.fabric.json")
    rows = [line.split(",") for line in _edges(fabric)]
    (tmp_path / "links.csv").write_text("".join(f"{a},{b}\n" for a, b, *_ in rows if not b.startswith("scale-up")))
    return tmp_path


def _edges(fabric):
    from topo.formats.edges import write

    return write(fabric).splitlines()


def test_a_study_takes_files(folder):
    """The list, the file, the path alone and the family itself are one network: their results are equal."""
    records = [outcome(case).record for case in parse_study(STUDY, "s.yaml", base=folder).cases]
    assert [record["error"] for record in records] == [None] * 4
    keys = (
        "endpoints",
        "hosts",
        "switches",
        "theta",
        "completion_s",
        "mean_hops",
        "max_utilization",
        "oversubscription",
    )
    results = [{key: record["results"][key] for key in keys} for record in records]
    assert results[0] == results[1] == results[2] == results[3]
    said = records[0]["assumptions"]
    assert "switch ports run at 100Gb/s, 2 endpoints a host" in said
    assert "cables run as the file states, 2 endpoints a host" in records[1]["assumptions"]


def test_the_content_of_the_file_is_part_of_the_identity(folder):
    def digest():
        case = parse_study(STUDY, "s.yaml", base=folder).cases[2]
        assert list(case.files.digests()) == ["own.fabric.json"]
        return case.identity("1")

    first = digest()
    assert first == digest()
    text = (folder / "own.fabric.json").read_text()
    (folder / "own.fabric.json").write_text(text.replace("12500000000.0", "25000000000.0"))
    assert first != digest()


def test_a_case_needs_no_file_once_it_is_checked(folder):
    case = parse_study(STUDY, "s.yaml", base=folder).cases[1]
    (folder / "own.fabric.json").unlink()
    assert (size_of(case).endpoints, fabric_of(case).n_switches) == (8, 6)
    assert facts_of(case).per_host == 2
    assert len(fabric_of(case).symmetry) == 0


def test_symmetry_travels_with_the_file(folder):
    fabric = topo.generate("fat-tree-2", radix=4, endpoints_per_host=2, capacity=12.5e9, symmetry=True)
    topo.write(fabric, "s.fabric.json")
    assert len(topo.read("s.fabric.json").symmetry) == len(fabric.symmetry) > 0
    text = json.loads((folder / "s.fabric.json").read_text())
    text["symmetry"][0] = text["symmetry"][0][::-1]
    (folder / "s.fabric.json").write_text(json.dumps(text))
    with pytest.raises(topo.formats.FormatError, match="symmetry 0 does not map cables onto cables"):
        topo.read("s.fabric.json")


@pytest.mark.parametrize(
    ("fabric", "says"),
    [
        ("gone.fabric.json", r"s\.yaml:4:1: fabric: gone\.fabric\.json: no such file"),
        ("{file: links.csv}", r"s\.yaml:4:\d+: fabric: .*no capacity is stated; give the rate"),
        ("{file: links.csv, planes: 2}", "fabric.planes: unknown key"),
        ("{file: links.csv, rate: 100Gb/s, nic: zz}", "fabric.nic: .*finds no endpoint"),
        ("{file: links.csv, rate: 100Gb/s, match: {endpoints: 8}}", "a file has the size that it has"),
        ("{file: links.csv, per_switch: -1}", "fabric.per_switch: 0 or more is needed"),
        ("{file: links.csv, format: graphmll}", "did you mean graphml"),
        ("{file: s.yaml}", "s.yaml"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_at_its_place(folder, fabric, says):
    (folder / "s.yaml").write_text("")
    with pytest.raises(ConfigError, match=says):
        parse_study(f"schema: 1\ntitle: t\ntraffic: uniform\nfabric: {fabric}\n", "s.yaml", base=folder)


def test_every_verb_that_takes_a_fabric_takes_a_file(folder, capsys):
    def run(*words):
        assert main(list(words)) == 0, capsys.readouterr().err
        return capsys.readouterr()

    assert json.loads(run("size", "own.fabric.json", "--json").out)["switches"] == 6
    assert "8 endpoints, 6 switches, 16 cables" in run("build", "./own.fabric.json").out
    found = json.loads(run("analyze", "own.fabric.json", "shift:by=4", "--json").out)
    wanted = json.loads(
        run("analyze", "fat-tree-2:radix=4,endpoints_per_host=2,rate=100Gb/s", "shift:by=4", "--json").out
    )
    left_out = ("fabric", "seconds")
    assert {k: v for k, v in found.items() if k not in left_out} == {
        k: v for k, v in wanted.items() if k not in left_out
    }
    shown = run("explain", "file:path=links.csv,rate=400Gb/s,endpoints_per_host=2", "--from", "0", "--to", "7").out
    assert "h0-n0 > leaf0 > spine0 > leaf3 > h3-n1" in shown
    assert "own.graphml" in run("convert", "own.fabric.json", "own.graphml").out
    said = run("convert", "own.graphml", "o.csv", "--to", "edges").err
    assert "edges cannot carry: radix" in said


def test_traffic_may_be_a_path_too(folder):
    (folder / "flows.csv").write_text("src,dst,bytes\n0,1,8\n")
    given = {
        key: value for key, value in read_case("own.fabric.json", "flows.csv").traffic.items() if value is not None
    }
    assert given == {"pattern": "file", "path": "flows.csv"}


def test_a_spec_with_a_slash_in_a_value_is_no_path():
    with pytest.raises(ConfigError, match="did you mean fat-tree-2"):
        read_case("fat-tre-2:radix=8,rate=400Gb/s")


@pytest.mark.parametrize("name", ["net.infragraph.yaml", "net.yaml", "topology.yaml"])
def test_yaml_of_another_program_is_a_fabric_as_it_is(folder, name):
    """A path alone, as of every other format: it is no YAML of a section, whose family would be missing."""
    fabric = topo.generate("fat-tree-2", radix=4, endpoints_per_host=1, capacity=12.5e9)
    topo.write(fabric, folder / name, "slurm-yaml" if name == "topology.yaml" else "infragraph")
    case = read_case(f"./{name}" if name != "topology.yaml" else f"file:path={name},rate=100Gb/s", "uniform")
    assert fabric_of(case).n_endpoints == fabric.n_endpoints
    (folder / "section.yaml").write_text("fabric: {family: fat-tree-2, radix: 4}\nswitches:\n")
    assert read_case("section.yaml", "uniform").fabric["family"] == "fat-tree-2"
