# ruff: noqa: E501 - one row a case
"""Wrong input ends in exit code 2 or 3 with one clear message, no traceback, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from topo.cli import main

STUDY = """schema: 1
title: a study
fabric: {family: fat-tree-2, radix: 8}
traffic: {pattern: uniform}
"""


class Wrong(NamedTuple):
    """A command, its exit code, and what the message must say."""

    command: str
    code: int
    says: tuple[str, ...]
    content: str | bytes | None = None  # of the file that FILE stands for


def study(text: str, *says: str, command: str = "validate FILE") -> Wrong:
    return Wrong(command, 3, says, text)


#: No array holds it: hundreds of digits, and more than Python reads as a number.
HUGE, ENDLESS = "9" * 300, "9" * 5000

CASES = {
    # fabrics
    "unknown family": Wrong("size fat-tree-4:radix=64", 3, ("fat-tree-4", "fat-tree-2", "did you mean")),
    "unknown key": Wrong("size fat-tree-2:radx=64", 3, ("radx", "did you mean radix")),
    "missing key": Wrong("size fat-tree-2", 3, ("radix", "missing")),
    "odd radix": Wrong("size fat-tree-2:radix=63", 3, ("radix", "63")),
    "negative radix": Wrong("size fat-tree-2:radix=-64", 3, ("radix", "-64")),
    "zero radix": Wrong("size fat-tree-3:radix=0", 3, ("radix", "0")),
    "radix in words": Wrong("size fat-tree-2:radix=many", 3, ("radix", "many", "whole number")),
    "radix with a fraction": Wrong("size fat-tree-2:radix=64.5", 3, ("radix", "64.5", "whole number")),
    "empty value": Wrong("size fat-tree-2:radix=", 3, ("radix",)),
    "no value": Wrong("size fat-tree-2:radix", 3, ("radix", "key=value")),
    "key twice": Wrong("size fat-tree-2:radix=64,radix=32", 3, ("radix", "twice")),
    "empty spec": Wrong("size :radix=64", 3, ("name",)),
    "q = 6": Wrong("build slim-fly:q=6", 3, ("q", "6", "prime power")),
    "q = 28": Wrong("build slim-fly:q=28,p=21 -o f.fabric.json", 3, ("28", "q=27", "q=29")),
    "q of no form": Wrong("build slim-fly:q=2", 3, ("q", "2")),
    "negative planes": Wrong("size fat-tree-2:radix=64,planes=-1", 3, ("planes", "-1")),
    "planes that do not divide a host": Wrong("size fat-tree-2:radix=64,planes=3", 3, ("planes", "3")),
    "endpoints over capacity": Wrong("size fat-tree-2:radix=8,endpoints=4096", 3, ("4096", "at most 32")),
    "too many groups": Wrong("size dragonfly:a=4,p=2,h=2,g=99", 3, ("g", "99", "9")),
    "rate without a unit": Wrong("size fat-tree-2:radix=64,rate=400", 3, ("rate", "400", "400Gb/s")),
    "rate in a wrong unit": Wrong("size fat-tree-2:radix=64,rate=400Gigs", 3, ("rate", "400Gigs")),
    "negative rate": Wrong("size fat-tree-2:radix=64,rate=-400Gb/s", 3, ("rate", "-400Gb/s")),
    "unknown nic": Wrong("size fat-tree-2:radix=64,nic=dual", 3, ("nic", "dual", "multi-port")),
    "unknown relay": Wrong("size fat-tree-2:radix=64,relay=both", 3, ("relay", "both", "source")),
    "unknown hardware": Wrong("build fat-tree-2:radix=8,hardware=abacus", 3, ("abacus", "infiniband")),
    "absurd size": Wrong("build fat-tree-3:radix=100000", 3, ("cables",)),
    # prices
    "unknown prices": Wrong("size fat-tree-2:radix=64 --prices list-1822", 3, ("list-1822", "list-2022")),
    "missing price file": Wrong("size fat-tree-2:radix=64 --prices ./none.csv", 3, ("none.csv", "no such file")),
    "price in words": Wrong("size fat-tree-2:radix=64 --prices FILE.csv", 3, (":2", "usd"), "part,usd\nswitch-64,cheap\n"),
    "negative price": Wrong("size fat-tree-2:radix=64 --prices FILE.csv", 3, (":2", "usd"), "part,usd\nswitch-64,-5\n"),
    "unknown price column": Wrong("size fat-tree-2:radix=64 --prices FILE.csv", 3, ("euro",), "part,euro\nswitch-64,5\n"),
    # traffic
    "unknown pattern": Wrong("analyze fat-tree-2:radix=8 unifrom", 3, ("unifrom", "did you mean uniform")),
    "unknown pattern key": Wrong("analyze fat-tree-2:radix=8 shift:bye=3", 3, ("bye", "did you mean by")),
    "bytes in a wrong unit": Wrong("analyze fat-tree-2:radix=8 uniform:bytes=3miles", 3, ("bytes", "3miles")),
    "negative bytes": Wrong("analyze fat-tree-2:radix=8 uniform:bytes=-3", 3, ("bytes", "-3")),
    "node_limit 0": Wrong("analyze fat-tree-2:radix=16 moe-all-to-all:ep=64,node_limit=0", 3, ("node_limit", "0")),
    "ep of more ranks than there are": Wrong("analyze fat-tree-2:radix=16 moe-all-to-all:ep=480", 3, ("ep", "480")),
    "no power of two": Wrong("analyze fat-tree-2:radix=12 bit-complement", 3, ("power of two", "72")),
    "file that is missing": Wrong("analyze fat-tree-2:radix=8 file:path=./none.csv", 3, ("none.csv",)),
    "file with a wrong rank": Wrong("analyze fat-tree-2:radix=8 file:path=FILE.csv", 3, ("99",), "src,dst,bytes\n0,99,5\n"),
    "file without header": Wrong("analyze fat-tree-2:radix=8 file:path=FILE.csv", 3, ("src,dst,bytes",), "0,1,5\n"),
    # routing and solving
    "unknown policy": Wrong("analyze fat-tree-2:radix=8 uniform --routing ecpm", 3, ("ecpm", "did you mean ecmp")),
    "unknown solver": Wrong("analyze fat-tree-2:radix=8 uniform --solver maxmin", 3, ("maxmin", "did you mean max-min")),
    "unknown policy key": Wrong("analyze fat-tree-2:radix=8 uniform --routing ecmp-hash:qp=4", 3, ("qp", "qps")),
    "static off trees": Wrong("analyze slim-fly:q=5 uniform --routing static", 3, ("static", "tree")),
    "negative seed": Wrong("analyze fat-tree-2:radix=8 permutation --seed -1", 2, ("seed", "-1")),
    "endpoint that is none": Wrong("explain fat-tree-2:radix=8 --from 0 --to 99", 3, ("99",)),
    # numbers that nothing holds
    "seed beyond 64 bits": Wrong(f"analyze fat-tree-2:radix=8 permutation --seed {HUGE}", 2, ("seed", "9223372036854775807")),
    "endless seed": Wrong(f"analyze fat-tree-2:radix=8 permutation --seed {ENDLESS}", 2, ("seed", "more")),
    "tokens beyond 64 bits": Wrong(f"moe --tokens {HUGE}", 2, ("tokens", "9223372036854775807")),
    "a group beyond all experts": Wrong("moe --ep 9223372036854775807", 3, ("ep", "at most 65536")),
    "memory beyond all": Wrong("analyze fat-tree-2:radix=8 uniform --max-memory 1e308", 2, ("max-memory", "1e+30")),
    "radix beyond 64 bits": Wrong(f"size fat-tree-2:radix={HUGE}", 3, ("radix", "64 bits", "300 digits")),
    "endless radix": Wrong(f"size fat-tree-2:radix={ENDLESS}", 3, ("radix", "64 bits", "5000 digits")),
    "shift in hexadecimal": Wrong(f"analyze fat-tree-2:radix=8 shift:by=0x{'f' * 300}", 3, ("by", "64 bits")),
    "seed of a policy": Wrong(f"analyze fat-tree-2:radix=8 uniform --routing ecmp-hash:seed={HUGE}", 3, ("seed", "64 bits")),
    "qps": Wrong(f"analyze fat-tree-2:radix=8 uniform --routing ecmp-hash:qps=0x{'f' * 300}", 3, ("qps", "64 bits")),
    "bytes at the upper edge": Wrong("analyze fat-tree-2:radix=8 permutation:bytes=1e308", 3, ("bytes", "1e+30")),
    "bytes at the lower edge": Wrong("analyze fat-tree-2:radix=8 permutation:bytes=1e-320", 3, ("bytes", "1e-30")),
    "rate at the lower edge": Wrong("analyze fat-tree-2:radix=8,rate=1e-320Gb/s uniform", 3, ("rate", "1e-30")),
    "runs beyond 32 bits": Wrong("analyze fat-tree-2:radix=8 training-step:micro_batches=2147483648", 3, ("2147483647",)),
    "hidden": Wrong(f"moe --set hidden=0x{'f' * 300}", 3, ("hidden", "64 bits")),
    "more experts than a key sorts": Wrong("moe --set routed_experts=1000000 --ep 64", 3, ("routed_experts", "65536")),
    "endless price": Wrong("size fat-tree-2:radix=64 --prices FILE.csv", 3, (":2", "usd"), f"part,usd\nswitch-64,{ENDLESS}\n"),
    "switch of endless ports": Wrong("size fat-tree-2:radix=64 --prices FILE.csv", 3, (":2", "part"), f"part,usd\nswitch-{ENDLESS},5\n"),
    "flow at the upper edge": Wrong("analyze fat-tree-2:radix=8 file:path=FILE.csv", 3, (":2", "1e+30"), "src,dst,bytes\n0,1,1e308\n"),
    "seed in a study": study(STUDY + f"seed: {HUGE}\n", ":5:", "64 bits"),
    "endless number in a study": study(STUDY + f"seed: {ENDLESS}\n", ":5:7", "64 bits", "5000 digits"),
    "range to the upper edge": study(STUDY + "sweep: {fabric.radix: {range: [4, 8, 1e-320]}}\n", ":5:", "range"),
    "override beyond 64 bits": Wrong(f"validate FILE --set fabric.radix={HUGE}", 3, ("fabric.radix", "64 bits"), STUDY),
    # the command line itself
    "unknown verb": Wrong("analyse fat-tree-2:radix=8 uniform", 2, ("analyse", "did you mean analyze")),
    "unknown option": Wrong("size fat-tree-2:radix=64 --price x", 2, ("--price",)),
    "missing argument": Wrong("analyze fat-tree-2:radix=8", 2, ("TRAFFIC",)),
    "unknown check": Wrong("size fat-tree-2:radix=8 --fail-on swiches>1", 2, ("swiches", "did you mean switches")),
    "a check that is none": Wrong("size fat-tree-2:radix=8 --fail-on many", 2, ("many", "max_utilization>0.9")),
    "unknown format": Wrong("build fat-tree-2:radix=8 -o f.fabric", 3, ("f.fabric", ".fabric.json")),
    "folder that is missing": Wrong("build fat-tree-2:radix=8 -o none/f.fabric.json", 3, ("none/f.fabric.json",)),
    "report of nothing": Wrong("report none", 3, ("none",)),
    "report of a file": Wrong("report FILE", 3, ("FILE",), "text"),
    "unknown kind of list": Wrong("list fabrics", 2, ("fabrics", "families")),
    "unknown model": Wrong("moe --model gpt-1", 3, ("gpt-1", "deepseek-v3")),
    "unknown figure": Wrong("moe --set hiden=7000", 3, ("hiden", "did you mean hidden")),
    "ep of no model": Wrong("moe --ep 1", 3, ("ep", "1")),
    # study files
    "unknown study": Wrong("study deepseek-v4 -o out", 3, ("deepseek-v4", "deepseek-v3")),
    "missing study file": Wrong("study ./none.yaml -o out", 3, ("none.yaml", "no such file")),
    "empty file": study("", "empty"),
    "only a comment": study("# nothing\n", "empty"),
    "binary file": Wrong("study FILE -o out", 3, ("FILE", "not UTF-8"), b"\x89PNG\r\n\x1a\n\x00\xff" * 40),
    "zero bytes": Wrong("validate FILE", 3, ("binary",), b"schema: 1\x00\n"),
    "10 MB file": Wrong("study FILE -o out", 3, ("256 KiB",), STUDY + "# x\n" * 2_600_000),
    "not YAML": study("schema: 1\ntitle: [\n", ":", "YAML"),
    "a list": study("- schema\n", "mapping"),
    "duplicate key": study(STUDY + "title: again\n", ":5:", "title", "duplicate"),
    "no schema": study(STUDY.replace("schema: 1\n", ""), "schema", "missing"),
    "schema of the future": study(STUDY.replace("schema: 1", "schema: 2"), ":1:", "schema", "2"),
    "unknown top key": study(STUDY + "trafic: uniform\n", ":5:1", "trafic", "traffic"),
    "unknown key in a section": study(STUDY.replace("radix: 8", "raddix: 8"), ":3:", "raddix", "did you mean radix"),
    "unit in the wrong place": study(STUDY.replace("radix: 8", "radix: 8, rate: 400"), ":3:", "rate", "400"),
    "unknown sweep axis": study(STUDY + "sweep: {fabric.plane: [1, 2]}\n", "fabric.plane", "planes"),
    "empty sweep axis": study(STUDY + "sweep: {fabric.planes: []}\n", "fabric.planes"),
    "endless aliases": study("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
    ), "aliases"),
    "deep nesting": study("a: " + "[" * 5000 + "]" * 5000, "nested"),
    "infinite number": study(STUDY.replace("radix: 8", "radix: .inf"), ":3:", "finite"),
    "tagged object": study(STUDY.replace("a study", "!!python/object/apply:os.system [ls]"), ":2:", "title"),
    "ordered mapping for a title": study(STUDY.replace("a study", "!!omap [a: 1]"), ":2:", "title", "mapping"),
    "pairs for a title": study(STUDY.replace("a study", "!!pairs [a: 1]"), ":2:", "title", "list"),
    "set for a title": study(STUDY.replace("a study", "!!set {a, b}"), ":2:", "set"),
    "half a surrogate pair in a title": study(STUDY.replace("a study", '"\\ud800"'), ":2:", "surrogate"),
    "half a surrogate pair in a panel": study(STUDY + 'panel: "\\udfff"\n', ":5:", "surrogate"),
    "half a surrogate pair in a key": study(STUDY + '"\\udfff": 1\n', ":5:", "surrogate"),
    "override of nothing": Wrong("validate FILE --set fabric.raddix=8", 3, ("raddix",), STUDY),
    "override without a value": Wrong("validate FILE --set fabric", 3, ("key=value",), STUDY),
}  # fmt: skip


@pytest.mark.parametrize("wrong", CASES.values(), ids=CASES)
def test_wrong_input(wrong, tmp_path, monkeypatch, capsys):
    """The exit code is 2 or 3; stderr says what was given and what would do; stdout and disk stay as they were."""
    monkeypatch.chdir(tmp_path)
    suffix = ".csv" if "FILE.csv" in wrong.command else ".yaml"
    path = Path(f"./FILE{suffix}")
    if wrong.content is not None:
        path.write_bytes(wrong.content if isinstance(wrong.content, bytes) else wrong.content.encode())
    before = sorted(tmp_path.rglob("*"))
    words = [
        f"./FILE{suffix}" if word == "FILE" else word.replace("=FILE.csv", "=./FILE.csv")
        for word in wrong.command.split()
    ]
    code = main(words)
    out, err = capsys.readouterr()
    assert code == wrong.code, err
    assert out == ""
    assert sorted(tmp_path.rglob("*")) == before
    assert "Traceback" not in err
    assert err.startswith("error: ")
    assert err.count("error: ") == 1
    assert len(err) < 2000
    for part in wrong.says:
        assert part.lower() in err.lower(), f"{part!r} is not in: {err}"


def test_there_are_enough():
    """Issue 2 asks for thirty at least."""
    assert len(CASES) >= 30
