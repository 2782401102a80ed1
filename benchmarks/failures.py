"""Failures at about 2,048 endpoints: five networks, three kinds of parts, 1 to 32 of them, three policies, many seeds.

``python -m benchmarks.failures [--seeds 20] [--workers 2]`` runs them as one study and prints the time and a table of
mean throughput against nominal ports.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from pathlib import Path

import click

from topo.config import parse_study
from topo.study import run

NETWORKS = {
    "MPFT": "fat-tree-2:radix=64,planes=8,endpoints=2048",
    "MPFT multi-port": "fat-tree-2:radix=64,planes=8,endpoints=2048,nic=multi-port",
    "FT3": "fat-tree-3:radix=64,endpoints=2048",
    "SF": "slim-fly:q=11,endpoints=2048",
    "DF": "dragonfly:a=10,p=5,h=5,endpoints=2048",
}
TREES = ("MPFT", "MPFT multi-port", "FT3")
PARTS, COUNTS = ("cable", "switch", "port"), (1, 2, 4, 8, 16, 32)


def text(seeds: int) -> str:
    """Return the study file."""
    lines = ["schema: 1", "title: failures", "traffic: uniform", "cases:"]
    for name, fabric in NETWORKS.items():
        for policy in ("ecmp", "static", "adaptive"):
            if policy != "static" or name in TREES:
                case = {"name": f"{name} {policy}", "fabric": f"'{fabric}'", "routing": policy}
                lines.append("  - {" + ", ".join(f"{key}: {value}" for key, value in case.items()) + "}")
    lines += ["sweep:", f"  failures: [{', '.join(f'random:part={part}' for part in PARTS)}]"]
    lines += [f"  failures.count: {list(COUNTS)}", f"  seed: {list(range(seeds))}"]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--seeds", default=20)
@click.option("--workers", default=2)
def main(seeds: int, workers: int) -> None:
    """Run all and print what it took and what it came to."""
    study = parse_study(text(seeds), "failures.yaml")
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        done = run(study, Path(folder), workers=workers)
        seconds = time.perf_counter() - begin
        print(f"{len(done.records)} cases, {len(done.failed)} failed, {seconds:.0f} s")
        mean: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for record in done.records:
            if record["status"] == "ok":
                failures, got = record["case"]["failures"], record["results"]
                key = (record["case"]["name"].split(" / ")[0], failures["part"])
                mean[key][failures["count"]].append(got["normalized_throughput"] or 0.0)
        for (name, part), counts in mean.items():
            row = " ".join(f"{sum(values) / len(values):7.3f}" for _, values in sorted(counts.items()))
            print(f"{name:26} {part:7} {row}")
        for record in done.failed[:3]:
            print(record["case"]["name"], record["error"])


if __name__ == "__main__":
    main()
