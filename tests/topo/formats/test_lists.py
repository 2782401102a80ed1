"""Lists that people and schedulers keep: cabling, topograph, OpenSM's subnet, InfraGraph, NCCL."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

import topo
from tests.oracles import check_fabric
from tests.samples import sample
from tests.topo.formats.good import SUBNET
from tests.topo.formats.same import cables_of, check_same
from topo.formats import FABRICS, FormatError, Reading, text_of

LACKS = ("name", "group", "groups", "radix", "relay", "overhead", "weight", "latency", "tier", "cable", "medium")


def there_and_back(name, fabric, **how):
    entry = FABRICS[name]
    written = entry.function("write")(fabric)
    text = text_of(written, name) if isinstance(written, bytes) else written
    assert entry.fits(text)
    return entry.function("read")(text, name, Reading(**how))


@pytest.mark.parametrize("name", ["cabling", "cabling-sheet", "infragraph"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4},
        {"family": "fat-tree-2", "radix": 8, "endpoints": 16},
        {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 2, "planes": 2},
        {"family": "slim-fly", "q": 5, "endpoints_per_host": 1},
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_there_and_back(name, parameters):
    fabric = topo.generate(**parameters, capacity=50e9)
    back = there_and_back(name, fabric)
    check_fabric(back)
    check_same(back, fabric, but=LACKS)


@pytest.mark.parametrize(
    "header",
    [
        "Label,Device A,Termination A,Device B,Termination B",
        "label,side_a_device,side_a_name,side_b_device,side_b_name",
    ],
)
def test_netbox_calls_the_ends_by_other_names(header):
    """What NetBox exports of its table of cables, and what it imports: the columns are known by their names."""
    rows = [f"C{i},gpu{i},nic0,leaf0,Eth{i}" for i in (1, 2)]
    text = "\n".join([header, *rows]) + "\n"
    assert FABRICS["cabling"].fits(text)
    fabric = FABRICS["cabling"].function("read")(text, "cables", Reading(capacity=50e9))
    assert (fabric.n_endpoints, fabric.n_switches) == (2, 1)
    assert set(fabric.source.ports) == {("nic0", "Eth1"), ("nic0", "Eth2")}


CABLING = """A-Node, A-Port, Z-Node, Z-Port, A-Rack, U, Speed
gpu1,mlx5_0,leaf1,swp1,r1,3,400Gb/s
gpu2,mlx5_0,leaf1,swp2,r1,4,400Gb/s
gpu3,mlx5_0,leaf1,swp2,r1,5,200Gb/s
"""


def test_a_cabling_list_as_people_keep_it(tmp_path):
    (tmp_path / "site.csv").write_text(CABLING)
    fabric = topo.read(tmp_path / "site.csv")
    assert (fabric.n_endpoints, fabric.n_switches) == (3, 1)
    assert fabric.source.ports[0] == ("mlx5_0", "swp1")
    (fault,) = fabric.source.faults
    assert (fault["kind"], fault["ports"]) == ("port-twice", ["leaf1 port swp2"])
    assert "rows 3 and 4" in fault["evidence"]
    with pytest.raises(FormatError, match=r"site\.csv:3: a cable has two ends"):
        FABRICS["cabling"].function("read")(CABLING.replace("gpu2", ""), "site.csv")
    with pytest.raises(FormatError, match=r"site\.csv:1: the header is A-Node"):
        FABRICS["cabling"].function("read")(CABLING.replace("Z-Node", "Z"), "site.csv")


def workbook(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return text_of(out.getvalue(), "x")


def test_a_workbook_with_shared_texts_and_holes():
    """What spreadsheets write: texts in a table of their own, cells left out, numbers as numbers."""
    words = ["A-Node", "A-Port", "Z-Node", "Z-Port", "h1", "leaf1", "h2"]
    strings = "<sst>" + "".join(f"<si><t>{w}</t></si>" for w in words) + "</sst>"
    row = '<row r="{0}"><c r="A{0}" t="s"><v>{1}</v></c><c r="C{0}" t="s"><v>5</v></c><c r="D{0}"><v>{0}</v></c></row>'
    head = '<row r="1">' + "".join(f'<c r="{c}1" t="s"><v>{i}</v></c>' for i, c in enumerate("ABCD")) + "</row>"
    sheet = f"<worksheet><sheetData>{head}{row.format(2, 4)}{row.format(5, 6)}</sheetData></worksheet>"
    text = workbook(**{"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings})
    fabric = FABRICS["cabling-sheet"].function("read")(text, "b.xlsx", Reading(capacity=1e9))
    assert fabric.source.names == ("h1", "h2", "leaf1")
    assert fabric.source.ports == (("", "2"), ("", "5"))
    for broken, says in ((text[:60], "no whole XLSX"), (workbook(a="b"), "it has no sheet")):
        with pytest.raises(FormatError, match=says):
            FABRICS["cabling-sheet"].function("read")(broken, "b.xlsx")


#: file -> endpoints, switches, cables, domains.
SAMPLES = {
    "slurm/psmn-X5.topology.conf": (89, 11, 113, 89),
    "slurm/topograph-oci-sim-tree.conf": (96, 19, 114, 96),
    "slurm/topograph-dra-block.conf": (96, 1, 96, 12),
    "topograph-models/small-tree.yaml": (6, 3, 8, 2),
    "topograph-models/medium.yaml": (8, 7, 14, 4),
    "topograph-models/nvl72.yaml": (72, 7, 78, 4),
    "topograph-models/large.yaml": (96, 19, 114, 12),
    "topograph-models/dual-xclr-irregular.yaml": (255, 34, 288, 2),
    "ibsim/ft64-generated-opensm-subnet.lst": (64, 16, 128, 64),
    "infragraph/two-tier-clos-fabric-infrastructure.yaml": (16, 7, 28, 4),
    "infragraph/scaleup-scaleout.yaml": (8, 1, 8, 8),
    "nccl-xml/aws-p4d-24xl-topo.xml": (8, 1, 8, 1),
    "nccl-xml/azure-ndv4-topo.xml": (8, 1, 8, 1),
    "nccl-xml/infragraph-dgx_a100_nccl_topo.xml": (8, 1, 16, 1),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_have_the_counts_of_their_files(name):
    fabric = topo.read(sample(name), capacity=1e9)
    found = (fabric.n_endpoints, fabric.n_switches, fabric.n_cables, fabric.n_domains)
    assert found == SAMPLES[name]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("infragraph/two-tier-clos-fabric-server.yaml", "no connections between instances"),
        ("nccl-xml/azure-ncv4-topo.xml", "the host has no NIC"),
        ("nccl-xml/aws-g5.48xl-topo.xml", "no NCCL topology with GPUs"),
    ],
)
def test_samples_that_hold_no_network_say_so(name, says):
    with pytest.raises(FormatError, match=says):
        topo.read(sample(name), capacity=1e9)


@pytest.mark.parametrize("number", ["PHY=4", "PN:01", "LID:0002", "Ports:01", "NodeGUID:0001"])
def test_numbers_of_a_subnet_have_as_many_digits_as_opensm_writes(number):
    key, digits = number.rstrip("0123456789"), number.lstrip("PHYNLIDortsdeGU=:")
    with pytest.raises(FormatError, match=r"^f:1: "):
        FABRICS["subnet"].function("read")(SUBNET.replace(number, f"{key}{'9' * 5000}{digits}"), "f", None)


def test_the_subnet_is_the_dump():
    """OpenSM's list and ibnetdiscover's dump of one fabric are one fabric, LIDs and GUIDs included."""
    found = [topo.read(sample(f"ibsim/ft64-generated{end}")) for end in ("-opensm-subnet.lst", ".ibnetdiscover")]
    check_same(found[0], found[1], but=("name", "radix", "cable", "medium"))
    assert cables_of(found[0]) == cables_of(found[1])
    for key in ("guid", "lid"):
        assert np.array_equal(getattr(found[0].source, key), getattr(found[1].source, key)), key
    assert sorted(found[0].source.port_lid) == sorted(found[1].source.port_lid)


def test_a_host_of_nccl_has_nvlink_inside_and_its_nics_outside():
    fabric = topo.read(sample("nccl-xml/infragraph-dgx_a100_nccl_topo.xml"))
    inside = fabric.capacity[fabric.tier == topo.Tier.SCALE_UP]
    assert set(inside) == {12 * 20e9}  # twelve links of 20 GB/s each, as NCCL counts them
    assert fabric.capacity[fabric.tier == topo.Tier.ENDPOINT].min() == 12.5e9  # two GPUs share a NIC of 200 Gb/s


def test_connections_of_infragraph_are_read_line_by_line_however_many_they_are(monkeypatch):
    """The limit of YAML is one on devices and instances; oracle: the same file with its list in brackets, by YAML."""
    entry, fabric = FABRICS["infragraph"], topo.generate("fat-tree-2", radix=8, capacity=50e9, endpoints_per_host=4)
    text = entry.function("write")(fabric)
    head, rows = text.split("  connections:\n")
    brackets = f"{head}  connections: [{', '.join(row.strip(' -') for row in rows.splitlines())}]\n"
    top = "\n".join(line.removeprefix("  ") for line in text.splitlines()[1:]) + "\n"
    odd = [*rows.splitlines()[:3], "", "  # a note", *rows.splitlines()[3:]]
    quoted = [f"{row[:4]}'{row[4:]}'" for row in rows.splitlines()]
    wanted = entry.function("read")(brackets, "f", None)
    for other in (
        text,
        top,
        text.replace("\n", "\r\n"),
        f"{head}  connections:\n" + "\n".join(odd),
        f"{head}  connections: # note\n" + "\n".join(quoted) + "\n",
        f"infrastructure:\n\n  connections:\n{rows}{head.partition(chr(10))[2]}",
    ):
        check_same(entry.function("read")(other, "f", None), wanted, but=("name",))
    monkeypatch.setattr("topo.formats.yaml.MOST_BYTES", len(head) + 300)
    assert len(text) > len(head) + 600
    check_same(entry.function("read")(text, "f", None), wanted)
    with pytest.raises(FormatError, match="the most YAML that is read"):
        entry.function("read")(brackets, "f", None)
