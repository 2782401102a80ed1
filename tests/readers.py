"""Every reader of input with good inputs of its own, and the commands that reach it; what fuzzing starts from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.topo.formats.good import NOUNS, good, names, raw
from tests.traffic.configs import DEEPSEEK, MINIMAX
from topo import study
from topo.config import parse_study, read_case
from topo.config.models import load_model
from topo.config.prices import load as load_prices
from topo.config.study_file import load_study
from topo.report.load import read_study
from topo.study.damage import record_in, run_in

STUDIES = (
    """\
schema: 1
title: Planes
description: as people write it
fabric: &net {family: fat-tree-2, radix: 8, planes: 2, endpoints: 32, rate: 400Gb/s, hardware: infiniband}
traffic: {pattern: moe-all-to-all, model: deepseek-v3, ep: 16, node_limit: 2}
routing: {policy: ecmp}
cost: list-2022
seed: 7
invalid: record
sweep:
  fabric.planes: [1, 2]
  traffic.node_limit: {range: [1, 4]}
  "routing.policy, routing.qps": [[ecmp-hash, 2], [ecmp-hash, 4]]
exclude:
  - {fabric.planes: 2, traffic.node_limit: 3}
""",
    """\
schema: 1
title: "Jobs: two"
fabric: fat-tree-2:radix=8,endpoints_per_host=4
solve: {solver: completion}
traffic:
  pattern: jobs
  jobs:
    - {name: experts, hosts: 2, stride: 2, pattern: moe-all-to-all, ep: 8}
    - {name: gradients, hosts: 2, first: 1, stride: 2, start: 100us, pattern: allreduce, bytes: 64MiB}
""",
    """\
schema: 1
title: Sizes
fabric: {family: dragonfly, match: {endpoints: 64}}
seeds: 3
panel: sizes
cases:
  - {name: a, traffic: {pattern: permutation, bytes: 1MB}}
  - {name: b, fabric: slim-fly:q=5, traffic: {pattern: hotspot}, sweep: {traffic.factor: [2, 4]}}
""",
)
SPECS = (
    "fat-tree-2:radix=8,planes=2,nic=multi-port,rate=400Gb/s uniform:bytes=1MiB ecmp",
    "fat-tree-3:radix=4,endpoints=16,hardware=h800 allreduce:algorithm=ring,bytes=64KB ecmp-hash:qps=4,seed=1",
    "slim-fly:q=5,scale_up=none,nic_rate=50GB/s moe-all-to-all:ep=8,tokens=128,gate=zipf,skew=1.2 ugal:gap=0.01",
    "dragonfly:a=4,p=2,h=2,endpoints_per_host=4 shift:by=3 adaptive:seconds=1",
)
FLOWS = ("src,dst,bytes\n0,1,1000\n1,2,1e6\n3,0,5.5\n", "src, dst, bytes, phase\n0,5,10,0\n5,0,10,1\n\n2,3,7,2\n")
PRICES = """\
# a note of the book
part,speed_gbps,reach_m,usd,watts,source,date
switch-64,400,,50000,700,a list,2024-01
endpoint-cable,400,3,500,0,a list,2024-01
switch-cable,400,30,1500,9,"a list, again",2024-01
"""
MODELS = (
    """\
name: ours  # a note
layers: 4
hidden: 64
heads: 8
kv_heads: 2
vocabulary: 1000
precision: bf16
routed_experts: 16
top_k: 2
expert_intermediate: 32
dense_intermediate: 192
dense_at: [0]
""",
    json.dumps(DEEPSEEK, indent=1),
    json.dumps(MINIMAX),
)
RECORDED = """\
schema: 1
title: Recorded
fabric: {family: fat-tree-2, radix: 4, endpoints_per_host: 2}
traffic: {pattern: permutation}
cost: paper-table-3
sweep: {seed: [1, 2]}
"""


#: Formats of files, of every noun.
FORMATS = tuple(names())


@dataclass(frozen=True)
class Reader:
    """A reader: ``read(path)`` reads a file of its own name, and commands that do, with {} for the file."""

    file: str
    good: tuple[bytes, ...]
    read: Callable[[Path], Any]
    commands: tuple[str, ...]


def readers(folder: Path) -> dict[str, Reader]:
    """Return every reader by name; ``folder`` is for a study whose records are good ones."""
    whole = folder / "whole"
    study.run(parse_study(RECORDED, "recorded.yaml"), whole)
    found = {
        "study": Reader("s.yaml", _bytes(STUDIES), load_study, ("validate {}", "study {} --dry-run --workers 0")),
        "spec": Reader("spec", _bytes(SPECS), _spec, ()),
        "prices": Reader(
            "p.csv", (PRICES.encode(),), lambda path: load_prices(str(path)), ("size fat-tree-2:radix=8 --prices {}",)
        ),
        "model": Reader(
            "config.json", _bytes(MODELS), lambda path: load_model(str(path)),
            ("moe --model {}", "list models {}", "analyze fat-tree-2:radix=4 training-step:model={}"),
        ),
        "record": Reader("record.json", _lines(whole), _record, ()),
        "records": Reader(
            "records.jsonl", ((whole / "records.jsonl").read_bytes(),), lambda path: read_study(path.parent),
            ("report {folder}",),
        ),
        "run": Reader("run.json", ((whole / "run.json").read_bytes(),), _run, ()),
    }  # fmt: skip
    for registry, _, read, commands in NOUNS:
        for name in (name for name in FORMATS if name in registry):
            texts = (good(name), *(FLOWS if name == "flows" else ()))
            samples = tuple(raw(text, name) for text in texts)
            known = tuple(command.replace("{name}", name) for command in commands)
            found[name] = Reader(f"n{registry[name].suffixes[0]}", samples, partial(_format, read, name), known)
    return found


def command(reader: Reader, path: Path, text: str) -> list[str]:
    """Return the words of a command of ``reader`` on the file ``path``."""
    return [word.format(path, folder=path.parent) for word in text.split()]


def spec_words(content: bytes) -> list[str]:
    """Return what a shell would hand over for a spec: fabric, traffic and policy."""
    words = content.decode("utf-8", "surrogateescape").replace("\0", "").split(" ")
    return [*words, "", "", ""][:3]


def _format(read: Callable[[Path, str], object], name: str, path: Path) -> None:
    read(path, name)


def _bytes(texts: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


def _lines(folder: Path) -> tuple[bytes, ...]:
    return tuple((folder / "records.jsonl").read_bytes().splitlines())


def _spec(path: Path) -> None:
    fabric, traffic, policy = spec_words(path.read_bytes())
    read_case(fabric, traffic, routing=policy)


def _record(path: Path) -> None:
    record, wrong = record_in(path.read_bytes())
    assert bool(record) != bool(wrong)
    json.dumps(record, allow_nan=False)


def _run(path: Path) -> None:
    run, wrong = run_in(path.read_bytes())
    assert bool(run) or bool(wrong) or path.read_bytes().strip() == b"{}"
