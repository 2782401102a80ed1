"""Slurm's topologies: what is written comes back, and slurmctld itself takes it."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
from tests.debian import need
from tests.samples import sample
from topo.fabric import Fabric, NodeKind, Tier
from topo.formats import FABRICS, FormatError, Reading, lost
from topo.formats.hostlist import expand, squeezed
from topo.formats.switches import switches_of

SLURM, YAML = FABRICS["slurm"], FABRICS["slurm-yaml"]
#: What slurmctld needs beside the tree; nothing listens on the nodes, and it keeps to this machine.
CONF = """ClusterName=t
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/pid
SlurmctldPort={port}
SelectType=select/cons_tres
TopologyPlugin=topology/tree
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
NodeName={nodes} NodeAddr=127.0.0.1 CPUs=1
PartitionName=p Nodes=ALL Default=YES
"""


def test_host_lists():
    assert expand("n[08-10,12],x,a[1-2]b[0-1]", "f") == [
        "n08",
        "n09",
        "n10",
        "n12",
        "x",
        "a1b0",
        "a1b1",
        "a2b0",
        "a2b1",
    ]
    rng = np.random.default_rng(0)
    for _ in range(50):
        names = sorted({f"{rng.choice(['n', 'gpu-', ''])}{rng.integers(0, 30)}" for _ in range(rng.integers(1, 30))})
        assert sorted(expand(squeezed(names), "f")) == names
    for wrong, says in (("n[1-", "no list of names"), ("n[a-b]", "holds no numbers"), ("n[5-1]", "count up")):
        with pytest.raises(FormatError, match=says):
            expand(wrong, "f")
    with pytest.raises(FormatError, match="stands for"):
        expand("n[1-99999][1-99999]", "f")


def tree_of(fabric):
    """Return the edges of the tree, by names as Slurm has them."""
    return {(one.name, below) for one in switches_of(fabric) for below in [*one.nodes, *one.children]}


@settings(max_examples=40, deadline=None)
@given(
    family=st.sampled_from(["fat-tree-2", "fat-tree-3"]),
    radix=st.sampled_from([4, 6, 8, 12]),
    planes=st.sampled_from([1, 2]),
    host=st.sampled_from([1, 2, 4]),
    hosts_per_domain=st.sampled_from([1, 2, 4]),
)
def test_trees_come_back(family, radix, planes, host, hosts_per_domain):
    try:
        fabric = topo.generate(
            family, radix=radix, planes=planes, endpoints_per_host=host, scale_up_domain=host * hosts_per_domain,
            scale_up=9e9, capacity=1e9,
        )  # fmt: skip
    except ValueError:
        return  # a tree of that size has no whole hosts
    for name, entry in (("topology.conf", SLURM), ("topology.yaml", YAML)):
        text = entry.function("write")(fabric)
        assert [one for one in FABRICS.values() if one.fits(text)] == [entry]
        back = entry.function("read")(text, name, Reading(capacity=1e9))
        assert tree_of(back) == tree_of(fabric)
        assert (back.n_hosts, back.n_switches) == (fabric.n_hosts, fabric.n_switches)
    assert fabric.n_domains in (back.n_domains, fabric.n_hosts)


def test_blocks_stand_in_yaml_alone():
    """slurmctld refuses a topology.conf that has switches and blocks."""
    fabric = topo.generate("fat-tree-2", radix=8, capacity=1e9, endpoints_per_host=2, scale_up_domain=8, scale_up=9e9)
    assert "Block" not in SLURM.function("write")(fabric)
    assert "domains" in lost(fabric, SLURM) and "domains" not in lost(fabric, YAML)
    text = YAML.function("write")(fabric)
    assert "    block_sizes:\n      - 4\n    blocks:\n      - block: block0\n        nodes: h[0-3]\n" in text


def test_what_is_no_tree_of_slurm_is_refused():
    with pytest.raises(FormatError, match="is no tree"):
        SLURM.function("write")(topo.generate("slim-fly", q=5, capacity=1e9))
    kind = [NodeKind.ENDPOINT] * 3 + [NodeKind.LEAF] * 2 + [NodeKind.SPINE]
    tier = [Tier.ENDPOINT] * 3 + [Tier.LEAF_SPINE] * 2
    ends = {"a": [0, 1, 2, 3, 4], "b": [3, 4, 5, 5, 5], "host": [0, 1, 2]}
    guest = Fabric.from_cables(name="g", kind=kind, capacity=1e9, tier=tier, **ends)
    with pytest.raises(FormatError, match="spine0 has nodes and switches below it"):
        SLURM.function("write")(guest)


def test_names_are_such_as_slurm_takes_and_no_two_are_equal():
    graph = nx.Graph([("gpu 1 mlx5_0", "leaf,1"), ("gpu 1 mlx5_1", "leaf 1"), ("leaf,1", "spine"), ("leaf 1", "spine")])
    fabric = Fabric.from_networkx(graph, capacity=1e9)
    names = [one.name for one in switches_of(fabric)]
    assert len(set(names)) == 3 and not any(set(name) & set(", []") for name in names)


def test_slurm_yaml():
    text = (
        "---\n- topology: t\n  cluster_default: true\n  tree:\n    switches:\n"
        "      - switch: s\n        children: l[1-2]\n"
        "      - switch: l1\n        nodes: n[1-4]\n      - switch: l2\n        nodes: n[5-8]\n"
        "- topology: b\n  block:\n    block_sizes: [4]\n    blocks:\n      - block: b1\n        nodes: n[1-4]\n"
        "      - block: b2\n        nodes: n[5-8]\n"
    )
    fabric = YAML.function("read")(text, "topology.yaml", Reading(capacity=1e9))
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_domains) == (8, 3, 2)


def shown_by_slurm(text, nodes, folder):
    """Return name, level, nodes and switches of each switch that slurmctld has read ``text`` as, names written out."""
    daemon = need("slurmctld")
    (folder / "state").mkdir()
    (folder / "topology.conf").write_text(text)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = {"host": socket.gethostname(), "user": getpass.getuser(), "folder": folder, "port": port, "nodes": nodes}
    (folder / "slurm.conf").write_text(CONF.format(**said))
    where = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    with (folder / "log").open("w") as log, subprocess.Popen([daemon, "-D", "-i"], env=where, stderr=log) as running:
        try:
            for _ in range(100):
                command = ["scontrol", "--oneliner", "show", "topology"]
                done = subprocess.run(command, env=where, capture_output=True, text=True, check=False)
                if "SwitchName" in done.stdout or running.poll() is not None:
                    break
                time.sleep(0.1)
        finally:
            running.kill()
    assert "SwitchName" in done.stdout, Path(folder / "log").read_text()
    rows = [dict(pair.split("=", 1) for pair in line.split()) for line in done.stdout.splitlines() if line]
    return {
        row["SwitchName"]: (int(row["Level"]), *({*expand(row.get(key, ""), "s")} for key in ("Nodes", "Switches")))
        for row in rows
    }


@pytest.mark.parametrize("family", ["fat-tree-2", "fat-tree-3"])
def test_slurmctld_reads_the_tree(family, tmp_path):
    """Oracle: Slurm's own daemon: levels, children, and the nodes that each switch reaches."""
    fabric = topo.generate(family, radix=8, capacity=1e9, endpoints_per_host=2, planes=2)
    found = shown_by_slurm(SLURM.function("write")(fabric), f"h[0-{fabric.n_hosts - 1}]", tmp_path)
    graph = nx.DiGraph(tree_of(fabric))
    kind = fabric.kind[fabric.n_nodes - fabric.n_switches :]
    assert list(found) == [one.name for one in switches_of(fabric)]
    for one, level in zip(switches_of(fabric), kind - NodeKind.LEAF, strict=True):
        reached = {name for name in nx.descendants(graph, one.name) if name.startswith("h")}
        assert found[one.name] == (level, reached, set(one.children))


def test_a_real_topology_is_read_as_slurm_reads_it(tmp_path):
    text = sample("slurm/topograph-oci-sim-tree.conf").read_text()
    fabric = SLURM.function("read")(text, "t", Reading(capacity=1e9))
    names = [name for one in switches_of(fabric) for name in one.nodes]
    found = shown_by_slurm(text, squeezed(names), tmp_path)
    assert {one.name: {*one.children} for one in switches_of(fabric)} == {name: row[2] for name, row in found.items()}
    assert {one.name: {*one.nodes} for one in switches_of(fabric) if one.nodes} == {
        name: row[1] for name, row in found.items() if row[0] == 0
    }
