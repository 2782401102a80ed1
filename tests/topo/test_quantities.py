"""Quantities: whatever is written has one, none stands idle, and records keep to the schema that they make."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from benchmarks import keys
from tests import written
from topo.cli import main
from topo.quantities import FORMATS, QUANTITIES, SHAPES
from topo.study.schema import record_schema

ROOT = Path(__file__).parents[2]
LABELLED = sorted(path for room in ("report", "cli") for path in (ROOT / "topo" / room).rglob("*.py"))
#: Verb with --json -> the prefix of keys that it alone prints.
VERBS = {
    "size slim-fly:q=28,p=21": "",
    "size fat-tree-2:radix=8 --prices paper-table-3": "",
    "build slim-fly:q=5": "",
    "check broken.edges.csv": "",
    "check slim-fly:q=5 --routing ecmp": "",
    "analyze fat-tree-2:radix=8 uniform": "",
    "analyze fat-tree-2:radix=8,endpoints=8 permutation --seeds 2 --workers 0": "draws",
    "moe": "",
    "grow fat-tree-2:radix=4,endpoints=4 fat-tree-2:radix=4 --prices list-2022": "",
    "order fat-tree-2:radix=4,endpoints=4 --prices list-2022 --floor hall:effort=0": "",
    "place fat-tree-2:radix=4,endpoints=4 shift": "",
    "explain fat-tree-2:radix=8,planes=2 --from 0 --to 21": "",
    "analyze fat-tree-2:radix=8 uniform --dry-run": "dry-run",
    "study tiny.yaml --workers 0": "study",
    "validate tiny.yaml": "validate",
    "doctor": "doctor",
    "design stages=[16,64] cost.prices=street-2024-08 front=[cost_usd,diameter] planes=[1] within=0.5 "
    'families={"fat-tree-2":{"up":[8,16],"down":[16,32]}} traffic=uniform normalized_throughput>=0.9': "design",
    "expect fat-tree-2:radix=4,endpoints_per_host=2,hardware=a100-nccl log.jsonl": "",
}
#: A leaf has one cable to a spine where the others have two.
BROKEN = "a,b,capacity,count\n" + "".join(
    f"h{h},leaf{h // 2},9,1\n" for h in range(8)) + "".join(
    f"leaf{i},spine{j},9,{1 + (i + j < 4)}\n" for i in range(4) for j in range(2))  # fmt: skip
#: Sizes enough for a fit, and a host that is slower at each.
LOG = "".join(
    json.dumps(
        {
            "header": {"id": f"c{host}", "rank": 0, "n_ranks": 2, "nnodes": 1},
            "metadata": {"hostname": f"n{host}", "pid": 1},
            "coll_perf": {
                "coll": "AllReduce",
                "coll_msg_size_bytes": 2**k,
                "coll_exec_time_us": 2**k // 2**17 << host // 3,
            },
        }
    )
    + "\n"
    for host in range(4)
    for k in (24, 26, 28, 30)
)
TINY = "schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 8}\ncost: {prices: paper-table-3}\n"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return written.outcomes(tmp_path_factory.mktemp("outcomes"))


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return verb -> what it printed with --json."""
    folder = tmp_path_factory.mktemp("verbs")
    (folder / "tiny.yaml").write_text(TINY)
    (folder / "broken.edges.csv").write_text(BROKEN)
    (folder / "log.jsonl").write_text(LOG)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for verb in VERBS:
            out = []
            patch.setattr("click.echo", lambda text="", out=out, **_: out.append(str(text)))
            assert main([*verb.split(), "--json"]) == 0, verb
            found[verb] = "\n".join(out)
    return found


@pytest.fixture(scope="module")
def every(outcomes, printed, tmp_path_factory):
    found = written.of_run(tmp_path_factory.mktemp("run")) | set().union(*map(written.of_outcome, outcomes.values()))
    return found.union(*(written.of_json(text, VERBS[verb]) for verb, text in printed.items()))


def test_all_went_well(outcomes):
    assert {name: one.record["error"] for name, one in outcomes.items()} == dict.fromkeys(outcomes)


def test_what_is_written_has_a_quantity(every):
    assert every - set(QUANTITIES) == set()


def test_what_has_a_quantity_is_written(every):
    assert set(QUANTITIES) - every == set()


def test_records_keep_to_their_schema(outcomes):
    schema = record_schema()
    Draft202012Validator.check_schema(schema)
    for one in outcomes.values():
        Draft202012Validator(schema).validate(json.loads(json.dumps(one.record)))


@pytest.mark.parametrize(
    "damage", [{"completion_s": "soon"}, {"endpoints": 1.5}, {"unheard_of": 1}, {"jobs": [{"job": "a", "speed": 1}]}]
)
def test_the_schema_refuses(outcomes, damage):
    record = outcomes["jobs"].record
    assert not Draft202012Validator(record_schema()).is_valid(record | {"results": record["results"] | damage})


def test_registry():
    """Sorted, each with a title in lower case and a meaning in one line."""
    assert list(QUANTITIES) == sorted(QUANTITIES)
    for key, one in QUANTITIES.items():
        assert key == one.key
        assert one.title
        assert one.meaning
        assert not one.meaning.endswith(".")
        assert one.format in FORMATS
        assert one.shape in SHAPES


@pytest.mark.parametrize("path", LABELLED, ids=lambda path: path.stem)
def test_titles_are_not_retyped(path):
    """A title of several words stands in the table alone; pages and verbs ask for it by its key."""
    titles = {one.title for one in QUANTITIES.values() if " " in one.title}
    texts = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    again = [text for text in texts if str(text.value).partition(" [")[0].lower() in titles]
    assert not [f"{path}:{text.lineno}: {text.value}" for text in again]


def test_the_page_is_fresh():
    """docs/keys.md lists what the registry holds; where it does not: python -m benchmarks.keys."""
    assert keys.PAGE.read_text() == keys.page()


def test_the_schema_is_printed(capsys):
    assert main(["schema", "--record"]) == 0
    assert json.loads(capsys.readouterr().out) == record_schema()
