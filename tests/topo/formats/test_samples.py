"""Files that other people's programs wrote: each is read with the counts that it states, or refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest

import topo
import traffic
from tests.oracles import check_fabric
from tests.samples import FOLDER, sample
from topo.fabric import NodeKind
from topo.formats import FormatError
from topo.formats.lfts import listed, read

#: file -> endpoints, switches, cables, hosts.
COUNTS = {
    "ibsim/ft64-generated.ibnetdiscover": (64, 16, 128, 64),
    "ibsim/ft64-generated.net": (64, 16, 128, 64),
    "ibsim/net.1": (2, 1, 2, 2),
    "ibsim/net.2sw2path": (2, 2, 4, 2),
    "ibsim/net.2sw2path4hca": (4, 2, 6, 4),
    "ibsim/net.2sw2path4hca2port": (2, 2, 6, 2),
    "ibnetdiscover/psmn-X5.topofile": (89, 11, 159, 89),
    "ibnetdiscover/superbenchmark-faked.txt": (10, 8, 17, 10),
    "topohub/gabriel-45-3.json": (90, 45, 177, 45),
    "topohub/topozoo-Rediris.json": (38, 19, 69, 19),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_file(name):
    fabric = topo.read(sample(name), capacity=1e9, per_switch=2)
    if not name.endswith("2port"):  # both ports of an adapter on one switch, which no family does
        check_fabric(fabric, connected=False)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_cables, fabric.n_hosts) == COUNTS[name]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ibnetdiscover/topograph-bad.out", "holds no cable; 'dgx-gb200-n01-c1 HCA-1'"),
        ("models/Qwen--Qwen3-32B.config.json", "the configuration of a model"),
        ("measured/packets.csv", "packets.csv"),
    ],
)
def test_what_holds_no_fabric_says_why(name, says):
    with pytest.raises(FormatError, match=says):
        topo.read(sample(name), capacity=1e9)


#: Folder or file that holds no fabric that is read -> the reason; every other file of FABRIC_FOLDERS is read.
REASONS = {
    "booksim/anynet_config": "is a configuration of BookSim",
    "booksim/dragonflyconfig": "is a configuration of BookSim",
    "booksim/fattree_config": "is a configuration of BookSim",
    "htsim": "holds traffic",  # connection matrices; its .topo files are read
    "ibnetdiscover/topograph-bad.out": "holds no cable",
    "ibsim/ft64-generated-ftree.dump_lfts": "holds forwarding tables",
    "ibsim/ft64-generated-opensm-lfts.dump": "holds forwarding tables",
    "ibsim/ft64-generated-opensm.fdbs": "holds forwarding tables",
    "infragraph/two-tier-clos-fabric-server.yaml": "no connections between instances",
    "infragraph/two-tier-clos-fabric-switch.yaml": "no connections between instances",
    "lldp-netq/computeNodes.json": "a list of compute nodes of NetQ",
    "nccl-xml/aws-g5.48xl-topo.xml": "is no NCCL topology with GPUs",
    "nccl-xml/azure-ncv4-topo.xml": "the host has no NIC",
}
FABRIC_FOLDERS = (
    "booksim", "htsim", "ibnetdiscover", "ibsim", "infragraph", "lldp-netq", "nccl-xml", "simgrid", "slurm",
    "topograph-models", "topohub",
)  # fmt: skip


@pytest.mark.parametrize("folder", FABRIC_FOLDERS)
def test_every_file_is_read_or_refused_with_its_reason(folder):
    files = sorted(path for path in (FOLDER / folder).rglob("*") if path.is_file())
    if not files:
        pytest.skip(f"needs the samples of {folder}, which are not part of the repository")
    for path in files:
        reason = None if path.suffix == ".topo" else REASONS.get(f"{folder}/{path.name}", REASONS.get(folder))
        if reason is None:
            assert topo.read(path, capacity=1e9, per_switch=2).n_endpoints >= 2, path.name
        else:
            with pytest.raises(FormatError, match=reason):
                topo.read(path, capacity=1e9, per_switch=2)


def test_three_writings_of_opensm_are_one_table_and_route_everything():
    fabric = topo.read(sample("ibsim/ft64-generated.ibnetdiscover"))
    names = ("ft64-generated-ftree.dump_lfts", "ft64-generated-opensm-lfts.dump", "ft64-generated-opensm.fdbs")
    texts = [sample(f"ibsim/{name}").read_text() for name in names]
    assert listed(texts[0], "a").ports == listed(texts[1], "b").ports == listed(texts[2], "c").ports
    demand = traffic.offer("uniform", n_ranks=64).listed()
    theta = []
    for text in texts:
        routing = topo.route(fabric, demand, "static", tables=read(text, "t", fabric))
        hops = routing.sum_along(np.ones(fabric.n_links))
        assert set(np.unique(hops)) == {2, 4}
        theta.append(topo.solve(fabric, demand, routing).overall_theta)
    assert theta[0] == theta[1] == theta[2]


def test_a_real_tree_has_its_leaves_and_spines():
    """The PSMN fabric: 36-port switches, whose descriptions say which are the roots."""
    fabric = topo.read(sample("ibnetdiscover/psmn-X5.topofile"))
    assert np.count_nonzero(fabric.kind == NodeKind.LEAF) == 6
    assert sorted(set(fabric.capacity * 8 / 1e9)) == [16.0, 32.0]
