"""Every key that is written anywhere: by cases of every kind, their tables, and the verbs' --json."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from topo import study
from topo.config import SECTIONS, parse_study, read_case
from topo.quantities import QUANTITIES
from topo.study import Outcome, outcome
from topo.study.slowdown import with_slowdown
from traffic import PATTERNS

TREE = "fat-tree-2:radix=8,endpoints=32,endpoints_per_host=4,planes=2"
#: A number of ranks that is a square and a power of two: every pattern is there.
SQUARE = "fat-tree-2:radix=8,endpoints=16,endpoints_per_host=4"
JOBS = """\
traffic:
  pattern: jobs
  jobs:
    - {name: a, hosts: 2, pattern: shift, by: 4}
    - {name: b, hosts: 2, pattern: shift, by: 4}
"""
#: Two operations of a trace, and how many ranks it has.
AICB = """[rank0 ~ rank31]
comm_type,comm_group,comm_group_size,msg_size
CommType.all_gather,CommGroup.tp_group,4,1048576
CommType.all_reduce,CommGroup.dp_group,8,4194304
"""
#: Keys of JSON that are input: sections as in study files, and the layout's number.
INPUT = {"schema_version", *SECTIONS, "seed"}


def outcomes(folder) -> dict[str, Outcome]:
    """Return one outcome of every kind of case, by name."""
    (folder / "jobs.yaml").write_text(JOBS)
    jobs, flows = str(folder / "jobs.yaml"), {"solve": "completion"}
    (folder / "trace.csv").write_text(AICB)
    asked: dict[str, tuple[str, str, dict[str, str]]] = {
        "trace": (TREE, str(folder / "trace.csv"), flows),
        "moe": (TREE, "moe-all-to-all:ep=16,node_limit=2", {"cost": "paper-table-3"}),
        "training": (TREE, "training-step:tp=4,pp=2,compute_s=0.1", flows),
        "jobs": (TREE, jobs, flows),
        "collective": (TREE, "allreduce:algorithm=ring", flows),
        "availability": (
            SQUARE,
            "uniform",
            {"availability": "states:hardware=hpn,repair=1h,checkpoint=1h,wait=7d,exact=1,samples=2,length=9d"},
        ),
        "failures": (TREE, "tornado", {"failures": "random:part=nic,count=3"}),
        "efficiency": (TREE, "allreduce:algorithm=ring", {"solve": "completion:efficiency=simai-nccl"}),
        "optimal": (TREE, "tornado", {"routing": "optimal"}),
        "spray": (TREE, "tornado", {"routing": "spray:choose=feedback,paths=4"}),
        "too many pairs": (
            "fat-tree-2:radix=128,endpoints=6400",
            "uniform",
            {"routing": "static", "solve": "completion"},
        ),
        "grouped": ("dragonfly:a=4,p=2,h=2,scale_up=none", "uniform", {"cost": "list-2022"}),
    }
    asked |= {pattern: (SQUARE, pattern, {}) for pattern in PATTERNS}
    found = {name: outcome(read_case(fabric, traffic, **more)) for name, (fabric, traffic, more) in asked.items()}
    case = replace(read_case(SQUARE, "uniform"), baseline="port-limit")
    held = outcome(case)
    return found | {"held against": replace(held, record=with_slowdown(held.record, case, None))}


def keys(value: Mapping[str, Any], head: str = "") -> Iterator[str]:
    """Yield the key of every entry of ``value`` and of the rows below it, as quantities name them."""
    for key, inner in value.items():
        path = head + key
        yield path
        known = QUANTITIES.get(path)
        if known is None or known.format != "rows" or inner is None:
            continue
        rows = {"one": [inner], "list": inner, "map": list(inner.values()) if known.shape == "map" else []}[known.shape]
        for row in rows:
            yield from keys(row, f"{path}.*." if known.shape == "map" else f"{path}.")


def of_outcome(one: Outcome) -> set[str]:
    """Return the keys of a record, of its results, and of the columns of the files beside it."""
    from pyarrow import parquet

    found = {f"record.json:{key}" for key in one.record} | set(keys(one.record["results"]))
    for name, content in one.files.items():
        found |= {f"{name}:{column}" for column in parquet.read_schema(io.BytesIO(content)).names}
    return found


def of_run(folder) -> set[str]:
    """Return the keys of run.json of a study of one case."""
    study.run(parse_study("schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 4}\n", "t.yaml"), folder)
    return {f"run.json:{key}" for key in json.loads((folder / "run.json").read_text())}


def of_json(text: str, verb: str = "") -> set[str]:
    """Return the keys of what a verb printed with --json, less its inputs; those of ``verb`` alone begin with it."""
    data = {key: value for key, value in json.loads(text).items() if key not in INPUT}
    records = data.get("records", ())
    found = {f"record.json:{key}" for record in records for key in record}
    found |= {key for record in records for key in keys(record["results"])}
    return found | set(keys(data | {"records": None} if records else data, f"{verb}:" if verb else ""))
