"""Folders that are not what a study wrote: told, kept aside, computed again; reports draw the rest."""

import io
import json
import shutil

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pyarrow import parquet

from tests import written
from topo import study
from topo.config import parse_study
from topo.conform import departure, parse
from topo.report import write
from topo.report.load import read_study
from topo.study.damage import record_in
from topo.study.schema import record_schema

TEXT = """\
schema: 1
title: Small
fabric: {family: fat-tree-2, radix: 4, endpoints_per_host: 2}
traffic: {pattern: permutation}
solve: {solver: completion}
sweep: {seed: [1, 2, 3]}
"""


def small():
    return parse_study(TEXT, "small.yaml")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("done")
    assert not study.run(small(), folder).failed
    return folder


@pytest.fixture
def copy(done, tmp_path):
    return shutil.copytree(done, tmp_path / "copy")


def edited(content, **changes):
    """Return a record with other values at dotted keys."""
    record = json.loads(content)
    for place, value in changes.items():
        *path, last = place.split("__")
        part = record
        for key in path:
            part = part[key]
        part[last] = value
    return json.dumps(record).encode()


def replaced(key, value):
    return lambda content: edited(content, **{key: value})


RECORDS = {
    "empty": lambda _: b"null",
    "half": lambda content: content[: len(content) // 2],
    "binary": lambda _: bytes(range(11, 256)),
    "deep": lambda _: b'{"a":' * 100_000,
    "deep but closed": replaced("results__method", json.loads("[" * 900 + "]" * 900)),
    "a list": lambda _: b"[]",
    "NaN": replaced("results__completion_s", float("nan")),
    "beyond floats": lambda content: content.replace(b'"completion_s":', b'"completion_s":1e999,"x":'),
    "beyond integers": replaced("results__endpoints", 10**30),
    "digits": lambda content: content.replace(b'"endpoints":', b'"endpoints":' + b"9" * 5000 + b',"x":'),
    "half a surrogate pair": replaced("case__name", "\ud800"),
    "number as text": replaced("results__completion_s", "soon"),
    "text as number": replaced("results__method", 3),
    "truth as number": replaced("results__endpoints", True),
    "no object of tiers": replaced("results__links_by_tier", [1]),
    "a tier that is none": replaced("results__links_by_tier", {"endpoint": 3}),
    "list of results": replaced("results", []),
    "no name": replaced("case__name", None),
    "family of another kind": replaced("case__fabric__family", ["fat-tree-2"]),
    "planes as text": replaced("case__fabric__planes", "two"),
    "status": replaced("status", "done"),
    "other layout": replaced("schema_version", 0),
}


@pytest.mark.parametrize("damage", RECORDS.values(), ids=RECORDS)
def test_a_damaged_record(copy, done, damage):
    """The study says which, keeps it aside and computes it; the report draws the rest and says so."""
    record = next((copy / "cases").iterdir()) / "record.json"
    bad = damage(record.read_bytes())
    record.write_bytes(bad)
    lines = (copy / "records.jsonl").read_bytes().splitlines()
    (copy / "records.jsonl").write_bytes(b"\n".join([damage(lines[0]), *lines[1:]]))
    told = []
    assert "damaged file" in write(copy, tell=told.append).read_text("utf-8")
    assert len(told) == 1
    assert f"{copy / 'records.jsonl'}:1: " in told[0]
    _mended(copy, done, record, bad)


def _mended(copy, done, path, bad):
    """Run the study again: the case of ``path`` alone is computed, and what was there is kept."""
    again = study.run(small(), copy)
    assert again.computed == 1
    assert not again.failed
    assert str(path) in again.warnings[0]
    assert (copy / "damaged" / path.parent.name / path.name).read_bytes() == bad
    assert (copy / "records.jsonl").read_bytes() == (done / "records.jsonl").read_bytes()
    assert study.run(small(), copy).computed == 0


def _table(change):
    """Return a damage that reads a table, changes its columns, and writes it with the stamp that it had."""

    def damage(content):
        table = parquet.read_table(io.BytesIO(content))
        columns = {name: table.column(name) for name in table.column_names}
        change(columns)
        buffer = io.BytesIO()
        parquet.write_table(pa.table(columns).replace_schema_metadata(table.schema.metadata), buffer)
        return buffer.getvalue()

    return damage


def _flipped(content):
    """A bit of a page: what Parquet itself would not see."""
    middle = 60
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _unstamped(content):
    buffer = io.BytesIO()
    parquet.write_table(parquet.read_table(io.BytesIO(content)).replace_schema_metadata({}), buffer)
    return buffer.getvalue()


def _unstamped(content):
    buffer = io.BytesIO()
    parquet.write_table(parquet.read_table(io.BytesIO(content)).replace_schema_metadata({}), buffer)
    return buffer.getvalue()


TABLES = {
    "empty": lambda _: b"",
    "binary": lambda _: b"PAR1" + bytes(range(256)),
    "half": lambda content: content[: len(content) // 2],
    "a bit": _flipped,
    "no stamp": _unstamped,
    "without a column": _table(lambda columns: columns.pop("load")),
    "text": _table(lambda columns: columns.update(load=columns["load"].cast(pa.string()))),
    "NaN": _table(lambda columns: columns.update(load=pa.array(np.full(len(columns["load"]), np.nan)))),
    "null": _table(lambda columns: columns.update(load=pa.array([None] * len(columns["load"]), pa.float64()))),
    "fractions": _table(lambda columns: columns.update(head=pa.array(np.full(len(columns["head"]), 0.5)))),
}


@pytest.mark.parametrize("damage", TABLES.values(), ids=TABLES)
def test_a_damaged_table(copy, done, damage):
    path = next((copy / "cases").glob("*/links.parquet"))
    bad = damage(path.read_bytes())
    path.write_bytes(bad)
    told = []
    assert "damaged file" in write(copy, tell=told.append).read_text("utf-8")
    assert len(told) == 1
    assert str(path) in told[0]
    assert len(read_study(copy).records) == 2
    _mended(copy, done, path, bad)


TABLES = {
    "empty": lambda _: b"",
    "binary": lambda _: b"PAR1" + bytes(range(256)),
    "half": lambda content: content[: len(content) // 2],
    "a bit": _flipped,
    "no stamp": _unstamped,
    "without a column": _table(lambda columns: columns.pop("load")),
    "text": _table(lambda columns: columns.update(load=columns["load"].cast(pa.string()))),
    "NaN": _table(lambda columns: columns.update(load=pa.array(np.full(len(columns["load"]), np.nan)))),
    "null": _table(lambda columns: columns.update(load=pa.array([None] * len(columns["load"]), pa.float64()))),
    "fractions": _table(lambda columns: columns.update(head=pa.array(np.full(len(columns["head"]), 0.5)))),
}


@pytest.mark.parametrize("other", ["commodities.parquet", "another case's"])
def test_another_table_under_the_right_name(copy, done, other):
    first, second = (copy / "cases").glob("*/links.parquet"), (copy / "cases").glob("*/links.parquet")
    path, donor = next(first), [*second][1]
    source = path.parent / other if other.endswith(".parquet") else donor
    bad = source.read_bytes()
    path.write_bytes(bad)
    told = []
    write(copy, tell=told.append)
    assert str(path) in told[0]
    _mended(copy, done, path, bad)


@pytest.mark.parametrize("bad", [b"", b"\xff\x00", b"[1]", b'{"versions": 3}', b'{"seconds": NaN}', b"[" * 100_000])
def test_a_damaged_run(copy, bad):
    (copy / "run.json").write_bytes(bad)
    told = []
    html = write(copy, tell=told.append).read_text("utf-8")
    assert "<title>Small" in html  # that of study.yaml
    assert len(told) == 1
    assert str(copy / "run.json") in told[0]
    again = study.run(small(), copy)
    assert again.computed == 0
    assert str(copy / "run.json") in again.warnings[0]
    assert (copy / "damaged" / "run.json").read_bytes() == bad
    assert not study.run(small(), copy).warnings


def test_a_folder_where_a_file_should_be(copy, done):
    record = next((copy / "cases").iterdir()) / "record.json"
    record.unlink()
    record.mkdir()
    assert study.run(small(), copy).computed == 1
    (copy / "damaged" / record.parent.name / "record.json").rmdir()
    assert (copy / "records.jsonl").read_bytes() == (done / "records.jsonl").read_bytes()


def test_what_is_damaged_twice_is_kept_twice(copy):
    record = next((copy / "cases").iterdir()) / "record.json"
    for bad in (b"one", b"two"):
        record.write_bytes(bad)
        study.run(small(), copy)
    name = record.parent.name
    kept = [(copy / "damaged" / end / "record.json").read_bytes() for end in (name, f"{name}-2")]
    assert kept == [b"one", b"two"]


def test_whatever_is_written_is_sound(tmp_path):
    for one in written.outcomes(tmp_path).values():
        record, wrong = record_in(json.dumps(one.record).encode())
        assert not wrong
        assert record == one.record


def test_what_a_later_version_knows_is_let_through(done):
    content = next((done / "cases").iterdir()).joinpath("record.json").read_bytes()
    for place in ("results__unheard_of", "unheard_of", "case__fabric__unheard_of"):
        assert record_in(edited(content, **{place: [{"a": 1.5}]}))[1] == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Yield the path of every value inside ``value``."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def leaves(value):
    """Yield every value inside ``value`` that is no list and no object, or ``value`` itself."""
    if not isinstance(value, dict | list):
        yield value
        return
    for part in value.values() if isinstance(value, dict) else value:
        yield from leaves(part)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_departures_are_those_of_another_validator(data):
    """jsonschema is the oracle: a random value at a random place of a record is seen by both, or by neither."""
    record = json.loads(json.dumps(test_departures_are_those_of_another_validator.record))
    path = data.draw(st.sampled_from(sorted(places(record), key=str)))
    part = record
    for key in path[:-1]:
        part = part[key]
    drawn = part[path[-1]] = data.draw(VALUES)
    # JSON Schema takes 1.0 for an integer, alone or in a list; unknown keys are let through on reading.
    ours = departure(record, record_schema())
    errors = [error for error in ORACLE.iter_errors(record) if error.validator != "additionalProperties"]
    whole = any(isinstance(value, float) and value.is_integer() for value in leaves(drawn))
    assert bool(ours) == bool(errors) or whole


ORACLE = Draft202012Validator(record_schema())
test_departures_are_those_of_another_validator.record = None


@pytest.fixture(scope="module", autouse=True)
def _record(tmp_path_factory):
    one = written.outcomes(tmp_path_factory.mktemp("record"))["jobs"].record
    test_departures_are_those_of_another_validator.record = one


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_parse_says_or_returns(content):
    try:
        value = parse(content)
    except ValueError as error:
        assert str(error)
    else:
        assert json.loads(content) == value
