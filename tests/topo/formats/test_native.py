"""planewise's own format: there and back, and what it refuses."""

from __future__ import annotations

import json

import networkx as nx
import numpy as np
import pytest

from tests.topo.formats.same import check_same
from topo import generate
from topo.fabric import Fabric
from topo.formats import FormatError, read, write
from topo.formats.native import read as read_text
from topo.formats.native import write as write_text
from topo.packet import Packet

FABRICS = [
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints_per_host": 4, "scale_up": 200e9, "overhead": 1e-6},
    {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4, "scale_up_domain": 12, "scale_up": 200e9},
    {"family": "fat-tree-3", "radix": 4, "switch_latency": 1e-7, "cable_latency": 3e-8, "launch": 2e-5},
    {"family": "fat-tree-3", "radix": 4, "packet": Packet(mtu=4150, header=64, ack=16)},
    {"family": "slim-fly", "q": 5, "relay": "none"},
    {"family": "dragonfly", "a": 4, "p": 2, "h": 2, "nic": "multi-port", "planes": 2},
]
COLUMNS = "kind plane group host domain tail head first capacity latency weight cable tier medium".split()  # noqa: SIM905


@pytest.fixture
def text():
    return write_text(generate("fat-tree-2", radix=4, capacity=50e9))


@pytest.mark.parametrize("parameters", FABRICS, ids=lambda p: p["family"])
def test_there_and_back(parameters, tmp_path):
    """A fabric that is written and read is the same fabric, in every array; so is its text."""
    fabric = generate(**parameters, capacity=50e9)
    path = tmp_path / "f.fabric.json"
    write(fabric, path)
    again = read(path)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(again, name), getattr(fabric, name), err_msg=name)
    assert repr(again) == repr(fabric)
    scalars = ("relay", "overhead", "launch", "packet", "radix", "groups")
    assert [getattr(again, key) for key in scalars] == [getattr(fabric, key) for key in scalars]
    assert write_text(again) == path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "dot"}, "not a fabric file"),
        ({"schema": 2}, "schema 2"),
        ({"relay": "both"}, "relay"),
        ({"radix": "four"}, "radix"),
        ({"name": None}, "name"),
        ({"kinds": {"endpoint": 8, "router": 6}}, "kinds"),
        ({"kinds": {"endpoint": -8}}, "kinds"),
        ({"kinds": {"endpoint": 10**12}}, "kinds"),
        ({"kinds": []}, ""),
        ({"groups": "torus"}, "'torus' is unknown; known: none, pod, dragonfly"),
        ({"host": [0]}, "host"),
        ({"domain": [0]}, "domain"),
        ({"launch": -1}, "launch"),
        ({"packet": {"mtu": 64, "header": 64}}, "mtu 64 B must exceed header 64 B"),
        ({"packet": {"mtu": "4 kB", "header": 64}}, "packet"),
        ({"packet": {"mtu": 4096}}, "header"),
        ({"host": "all"}, ""),
        ({"cables": {}}, "missing"),
        ({"intact": []}, ""),
        ({"intact": {"name": "x"}}, "missing"),
    ],
)
def test_what_is_refused(text, change, says):
    """Wrong content is a FormatError that names the file and the key."""
    with pytest.raises(FormatError, match=r"^there\.fabric\.json: ") as error:
        read_text(json.dumps(json.loads(text) | change), "there.fabric.json")
    assert says in str(error.value)


def test_what_a_fabric_was_before_failures():
    """It comes back; an intact fabric that this one cannot be a part of is refused."""
    whole = generate("fat-tree-2", radix=4, capacity=50e9)
    text = write_text(whole.without(cables=[9]))
    check_same(read_text(text).nominal, whole)
    data = json.loads(text)
    fewer = json.loads(write_text(whole.without(cables=[1])))
    fewer.pop("intact")
    for wrong in (json.loads(write_text(generate("fat-tree-2", radix=6, capacity=50e9))), fewer):
        with pytest.raises(FormatError, match="intact: failures keep the nodes and take cables"):
            read_text(json.dumps(data | {"intact": wrong}))
    with pytest.raises(FormatError, match="intact: has itself seen failures"):
        read_text(json.dumps(data | {"intact": json.loads(text)}))


@pytest.mark.parametrize("key", ["a", "capacity", "tier", "medium", "weight"])
def test_wrong_columns_are_refused(text, key):
    """A column with a wrong word, a hole, or a wrong length is a FormatError."""
    data = json.loads(text)
    for value in ("purple", None, [1, 2], {}, [None] * len(data["cables"]["a"])):
        data["cables"][key] = value
        with pytest.raises(FormatError):
            read_text(json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "[" * 100_000])
def test_what_is_no_json_object(text):
    """Text that holds no object is a FormatError, however deep."""
    with pytest.raises(FormatError):
        read_text(text)


def test_unknown_formats(tmp_path):
    """A suffix or a name that no format has is refused before anything is written."""
    fabric = generate("fat-tree-2", radix=4, capacity=50e9)
    with pytest.raises(FormatError, match=r"\.fabric\.json"):
        write(fabric, tmp_path / "f.xyz")
    with pytest.raises(FormatError, match="did you mean native"):
        write(fabric, tmp_path / "f.xyz", format="nativ")
    assert not list(tmp_path.iterdir())
    (tmp_path / "b.fabric.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="not UTF-8 text"):
        read(tmp_path / "b.fabric.json")


def test_a_network_of_one_switch_comes_back_as_older_versions_wrote_it_too():
    """They wrote one number for the end that all cables have in common."""
    fabric = Fabric.from_networkx(nx.Graph([("h1", "s"), ("h2", "s"), ("h3", "s")]), capacity=1e9)
    text = write_text(fabric)
    assert '"b":[3,3,3]' in text
    for one in (text, text.replace('"b":[3,3,3]', '"b":3')):
        check_same(read_text(one), fabric)
