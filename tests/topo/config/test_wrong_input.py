"""Wrong input ends in one clear message with its place, and never in a traceback."""

import pytest

from topo.config import ConfigError, load_study, parse_study, read_case

GOOD = """\
schema: 1
title: Small
fabric:  {family: fat-tree-2, radix: 16, planes: 8, endpoints: 128}
traffic: {pattern: moe-all-to-all, model: deepseek-v3, ep: 64, node_limit: 4}
routing: {policy: ecmp}
solve:   {solver: completion}
cost:    {prices: paper-table-3}
sweep:
  fabric.planes: [1, 2]
"""

MOE = "pattern: moe-all-to-all, model: deepseek-v3, ep: 64, node_limit: 4"
TREE = "family: fat-tree-2, radix: 16, planes: 8, endpoints: 128"

# what to replace in GOOD, by what, and what the message must hold
EDITS = {
    "unknown key at the top": (
        "title: Small",
        "title: Small\ntrafic: x",
        ["s.yaml:3:1: trafic", "did you mean traffic?"],
    ),
    "unknown key of a fabric": ("planes: 8", "plane: 8", ["s.yaml:3:42: fabric.plane", "did you mean planes?"]),
    "unknown family": (
        "fat-tree-2",
        "fat-tree-9",
        ["s.yaml:3:11: fabric.family", "slim-fly", "did you mean fat-tree-"],
    ),
    "unknown pattern": ("moe-all-to-all", "moe", ["s.yaml:4:11: traffic.pattern", "permutation"]),
    "unknown policy": ("policy: ecmp", "policy: ecpm", ["s.yaml:5:11: routing.policy", "did you mean ecmp?"]),
    "unknown solver": ("solver: completion", "solver: complete", ["s.yaml:6:11", "did you mean completion?"]),
    "solver that picks the routing": (
        "solver: completion",
        "solver: max-concurrent",
        ["s.yaml:6:11: solve.solver", "policy optimal"],
    ),
    "unknown price book": ("paper-table-3", "paper-table", ["s.yaml:7:11: cost.prices", "did you mean paper-table-3?"]),
    "unknown hardware": ("radix: 16", "radix: 16, hardware: infinyband", ["fabric.hardware", "infiniband"]),
    "unknown model": ("model: deepseek-v3", "model: deepseek", ["s.yaml:4:36: traffic.model", "deepseek-v3"]),
    "unknown axis": ("fabric.planes: [1", "fabrik.planes: [1", ["s.yaml:9:3", "did you mean fabric?"]),
    "rate without a unit": ("radix: 16", "radix: 16, rate: 400", ["fabric.rate", "400Gb/s or 50GB/s"]),
    "rate in a wrong unit": ("radix: 16", "radix: 16, rate: 400GiB", ["fabric.rate", "'400GiB' is not a rate"]),
    "negative rate": ("radix: 16", "radix: 16, rate: -4Gb/s", ["fabric.rate", "positive"]),
    "scale-up without a unit": ("radix: 16", "radix: 16, scale_up: fast", ["fabric.scale_up", "not a rate"]),
    "odd radix": ("radix: 16", "radix: 15", ["s.yaml:3:31: fabric.radix", "even"]),
    "radix as text": ("radix: 16", "radix: sixteen", ["fabric.radix: a whole number is needed; got 'sixteen'"]),
    "radix as a fraction": ("radix: 16", "radix: 16.5", ["fabric.radix: a whole number is needed; got 16.5"]),
    "no radix": ("radix: 16, ", "", ["fabric.radix: is missing"]),
    "no family": ("family: fat-tree-2, ", "", ["fabric.family: is missing; known: dragonfly"]),
    "q = 6": (TREE, "family: slim-fly, q: 6", ["q: a prime power"]),
    "too many groups": (
        TREE,
        "family: dragonfly, a: 4, h: 2, g: 99",
        ["s.yaml:3:42: fabric.g"],
    ),
    "no endpoints": ("endpoints: 128", "endpoints: 0", ["fabric.endpoints: 1 or more is needed; got 0"]),
    "negative endpoints": ("endpoints: 128", "endpoints: -8", ["fabric.endpoints: 1 or more is needed; got -8"]),
    "more endpoints than fit": (
        "endpoints: 128",
        "endpoints: 12800",
        ["s.yaml:3:53: fabric.endpoints", "at most 128 fit"],
    ),
    "planes that cut hosts": ("[1, 2]", "[1, 3]", ["s.yaml:9:22: fabric.planes", "planes=3", "1, 2, 4, 8"]),
    "unknown nic": ("radix: 16", "radix: 16, nic: multi", ["fabric.nic", "did you mean multi-port?"]),
    "node limit 0": ("node_limit: 4", "node_limit: 0", ["s.yaml:4:64: traffic.node_limit: 1 or more"]),
    "ep beyond the ranks": ("ep: 64", "ep: 4096", ["s.yaml:4:56: traffic.ep"]),
    "unknown gate": ("ep: 64", "ep: 64, gate: zip", ["traffic.gate", "did you mean zipf?"]),
    "text for a truth": ("ep: 64", "ep: 64, dedup: maybe", ["traffic.dedup: true or false is needed"]),
    "negative bytes": (MOE, "pattern: uniform, bytes: -1", ["traffic.bytes", "positive"]),
    "bytes in a wrong unit": (MOE, "pattern: uniform, bytes: 1MX", ["traffic.bytes", "1MiB"]),
    "wrong schema": ("schema: 1", "schema: 2", ["s.yaml:1:1: schema: is 2; allowed: 1"]),
    "no schema": ("schema: 1\n", "", ["schema: is missing"]),
    "no title": ("title: Small\n", "", ["title: is missing"]),
    "duplicate key": ("title: Small", "title: Small\ntitle: Again", ["s.yaml:3:1", 'duplicate key "title"']),
    "duplicate key inside": ("radix: 16", "radix: 16, radix: 18", ["s.yaml:3", 'duplicate key "radix"']),
    "broken YAML": ("[1, 2]", "[1, 2", ["s.yaml:10:1", "not YAML 1.2"]),
    "infinite number": ("[1, 2]", "[.inf]", ["s.yaml:9:19", "finite"]),
    "axis without values": ("[1, 2]", "[]", ["s.yaml:9:3: sweep.fabric.planes", "at least one value"]),
    "axis that is no list": ("[1, 2]", "2", ["sweep.fabric.planes: a list of values", "got 2"]),
    "range without an end": ("[1, 2]", "{range: [1]}", ["range takes [first, last]"]),
    "range that never ends": ("[1, 2]", "{range: [1, 2, 0]}", ["holds no value or too many"]),
    "too many cases": ("[1, 2]", "{range: [1, 100]}\n  seed: {range: [1, 90000]}", ["at most 100000 are run"]),
    "missing CSV": (MOE, "pattern: file, path: no.csv", ["traffic.path: no.csv: no such file"]),
    "spec string without a value": (
        "cost:    {prices: paper-table-3}",
        "cost: paper-table-3\npanel: [1]",
        ["panel: text is needed"],
    ),
    "case with an unknown key": (
        "sweep:",
        "cases: [{nam: x}]\nsweep:",
        ["cases.nam: unknown key", "did you mean name?"],
    ),
    "two cases of one name": ("sweep:", "cases: [{name: x}, {name: x}]\nsweep:", ["two cases are called"]),
    "traffic on a formula": (
        TREE,
        "family: slim-fly, q: 28, p: 21",
        ["cannot be built", "q=27", "q=29"],
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_wrong_words(edit):
    old, new, said = EDITS[edit]
    assert old in GOOD
    with pytest.raises(ConfigError) as error:
        parse_study(GOOD.replace(old, new), "s.yaml")
    for part in said:
        assert part in str(error.value)


def test_the_text_itself_is_good():
    assert [case.name for case in parse_study(GOOD, "s.yaml").cases] == ["planes=1", "planes=2"]


def test_all_problems_come_at_once():
    text = GOOD.replace("radix: 16", "radix: x").replace("ecmp", "ecpm").replace("ep: 64", "epp: 64")
    with pytest.raises(ConfigError) as error:
        parse_study(text, "s.yaml")
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5"]


def test_a_problem_of_one_case_names_it_once():
    with pytest.raises(ConfigError) as error:
        parse_study(GOOD.replace("[1, 2]", "[1, 3]") + "  routing.policy: [ecmp, static]\n", "s.yaml")
    assert str(error.value).count("\n") == 0
    assert "(case planes=3 / ecmp and 1 more)" in str(error.value)


FILES = {
    "empty": (b"", "is empty"),
    "only a comment": (b"# nothing\n", "is empty"),
    "binary": (bytes(range(256)), "not UTF-8 text"),
    "zero bytes": (b"schema: 1\0", "binary file"),
    "10 MB": (b"a: 1\n" * 2_000_000, "over 256 KiB"),
    "a list": (b"- 1\n", "a mapping (key: value) is needed"),
    "a number": (b"42", "a mapping (key: value) is needed"),
    "tabs": (b"schema:\n\t1\n", "not YAML 1.2"),
    "nested without end": (b"a: " + b"[" * 3000, "nested too deeply"),
    "aliases that explode": (
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 10)) for c in range(98, 104)),
        "values once its aliases are expanded",
    ),
    "two documents": (b"schema: 1\n---\nschema: 1\n", "another document"),
}


@pytest.mark.parametrize("kind", FILES)
def test_wrong_files(kind, tmp_path, monkeypatch):
    content, said = FILES[kind]
    (tmp_path / "s.yaml").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        load_study("./s.yaml")
    assert said in str(error.value)
    assert str(error.value).startswith("./s.yaml")


def test_missing_and_misnamed_studies(tmp_path):
    with pytest.raises(ConfigError, match="did you mean deepseek-v3"):
        load_study("deepseek-v4")
    with pytest.raises(ConfigError, match="no such file"):
        load_study(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_study(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("fabric", "traffic", "said"),
    [
        ("fat-tree-2:radix", None, "'radix' is not key=value"),
        ("fat-tree-2:radix=64,radix=32", None, "given twice"),
        (":radix=64", None, "starts with no name"),
        ("fat-tree-2:radix=sixty", None, "a whole number is needed; got 'sixty'"),
        ("fat-tree-2:radix=", None, "a whole number is needed; got ''"),
        ("fat-tree:radix=64", None, "did you mean fat-tree-"),
        ("fat-tree-2:radix=16", "moe-all-to-all:ep=64,node_limit=9.5", "traffic.node_limit: a whole number"),
        ("fat-tree-2:radix=16", "permutation:seed=-1", "seed"),
        ("nothing.yaml", None, "no such file"),
    ],
)
def test_wrong_spec_strings(fabric, traffic, said):
    with pytest.raises(ConfigError) as error:
        read_case(fabric, traffic)
    assert said in str(error.value)


@pytest.mark.parametrize("override", ["fabric.planes", "=3", "fabric.planes=x", "nothing.planes=3"])
def test_wrong_overrides(override):
    with pytest.raises(ConfigError, match=r"--set|unknown"):
        parse_study(GOOD, "s.yaml", overrides=[override])
