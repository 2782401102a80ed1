"""Jobs of a study: queues in files, hosts by name, placements, and what is refused where."""

from __future__ import annotations

import re

import pytest

from topo.config import Files
from topo.config.check import check_case
from topo.config.document import Document
from topo.config.nouns import demand_of, fabric_of
from topo.study.one_case import run_case

TREE = {"family": "fat-tree-2", "radix": 8, "endpoints": 32, "endpoints_per_host": 4}
EACH = {"pattern": "shift", "by": 1, "bytes": "1MiB"}
CSV = 'job,hosts,start\n17,"n[1,3]",\n18,2,10us\n'
PIPES = "JOB|HOSTS\n17|n[1,3]\n18|2\n"
YAML = "- {job: 17, hosts: 'n[1,3]'}\n- {job: 18, hosts: 2, by: 3}\n"


def checked(traffic, *, fabric=None, files=None, **more):
    words = {"fabric": fabric or TREE, "traffic": traffic, "solve": {"solver": "completion"}, **more}
    return check_case(Document(words), Files(None, files or {}))


def ranks_of(case):
    fabric = fabric_of(case)
    return {job.name: job.ranks.tolist() for job in demand_of(case, fabric).about.jobs}


def hosts_of(case):
    return {name: sorted({rank // 4 for rank in ranks}) for name, ranks in ranks_of(case).items()}


@pytest.mark.parametrize("text", [CSV, PIPES, YAML], ids=["csv", "squeue", "yaml"])
def test_a_queue_is_a_list_of_jobs(text):
    traffic = {"pattern": "jobs", "queue": "q.x", "each": EACH}
    case, problems = checked(traffic, files={"q.x": text}, placement={"order": "contiguous"})
    assert not problems
    assert hosts_of(case) == {"17": [1, 3], "18": [0, 2]}, "stated hosts first, then the next free ones"


def test_without_a_placement_jobs_follow_each_other():
    case, problems = checked({"pattern": "jobs", "jobs": [{**EACH, "nodes": "x[2-3]"}, {**EACH, "hosts": 2}]})
    assert not problems and hosts_of(case) == {"job 0": [2, 3], "job 1": [4, 5]}


@pytest.mark.parametrize(("placement", "hosts"), [("contiguous", [[0, 1], [2, 3]]), ("by-rail", [list(range(8))] * 2)])
def test_placements_say_where(placement, hosts):
    jobs = [{**EACH, "hosts": 2}, {**EACH, "hosts": 2}]
    case, problems = checked({"pattern": "jobs", "jobs": jobs}, placement=placement)
    assert not problems and list(hosts_of(case).values()) == hosts


def test_a_job_on_a_rail_has_one_rank_a_host():
    """A ring of 8 ranks on 8 hosts: every hop leaves its host, where whole hosts have one in four that does."""
    jobs = [{"pattern": "allreduce", "algorithm": "ring", "hosts": 2}]
    found = {}
    for placement in ("contiguous", "by-rail"):
        case, problems = checked({"pattern": "jobs", "jobs": jobs}, placement=placement)
        assert not problems
        demand = demand_of(case, fabric_of(case))
        found[placement] = (demand.src // 4 != demand.dst // 4).mean()
    assert found["by-rail"] == 1 and found["contiguous"] < 1


SLURM = "SwitchName=s1 Nodes=node[001-004]\nSwitchName=s2 Nodes=node[005-008]\nSwitchName=top Switches=s[1-2]\n"


def test_hosts_of_a_read_fabric_go_by_their_names():
    fabric = {"family": "file", "path": "topology.conf", "rate": "400Gb/s"}
    files = {"topology.conf": SLURM}
    job = {**EACH, "nodes": "node[003,007-008]"}
    case, problems = checked({"pattern": "jobs", "jobs": [job]}, fabric=fabric, files=files)
    assert not problems and ranks_of(case) == {"job 0": [2, 6, 7]}
    _, problems = checked({"pattern": "jobs", "jobs": [{**EACH, "nodes": "node[3,7]"}]}, fabric=fabric, files=files)
    assert "no host 'node3', but 8 others; did you mean node" in problems[0].text


def test_every_job_is_held_against_itself_alone_under_each_placement():
    """Two rings on two leaves at 4 : 1: whole leaves do not meet, strided hosts do."""
    fabric = TREE | {"radix": 10, "oversubscription": 4.0}
    jobs = [{"pattern": "allreduce", "algorithm": "ring", "hosts": 2, "bytes": "64MiB"} for _ in range(2)]
    apart, _ = checked({"pattern": "jobs", "jobs": jobs}, fabric=fabric, placement="contiguous")
    mixed = [job | {"nodes": nodes} for job, nodes in zip(jobs, ("n[0,2]", "n[1,3]"), strict=True)]
    meet, problems = checked({"pattern": "jobs", "jobs": mixed}, fabric=fabric)
    assert not problems
    assert run_case(apart).results["slowdown_max"] == pytest.approx(1)
    assert run_case(meet).results["slowdown_max"] > 1.5


@pytest.mark.parametrize(
    ("traffic", "more", "key", "message"),
    [
        ({"pattern": "jobs", "jobs": [{**EACH}]}, {}, "traffic.jobs.0.hosts", "nodes by name"),
        ({"pattern": "jobs", "jobs": [{**EACH, "nodes": "n1", "first": 2}]}, {}, "traffic.jobs.0.nodes", "leave first"),
        ({"pattern": "jobs", "jobs": [{**EACH, "nodes": "n[1,1]"}]}, {}, "traffic.jobs", "names a host twice"),
        ({"pattern": "jobs", "jobs": [{**EACH, "nodes": "n[1-2]", "hosts": 3}]}, {}, "traffic.jobs", "nodes names 2"),
        ({"pattern": "jobs", "jobs": [{**EACH, "nodes": "n[1-"}]}, {}, "traffic.jobs", "brackets"),
        ({"pattern": "jobs", "jobs": [{**EACH, "nodes": "login"}]}, {}, "traffic.jobs", "ends in no number"),
        ({"pattern": "jobs", "jobs": [{**EACH, "nodes": "n9"}]}, {}, "traffic.jobs", "8 full hosts"),
        (
            {"pattern": "jobs", "jobs": [{**EACH, "hosts": 9}]},
            {"placement": "random"},
            "traffic.jobs",
            "of 32 are free",
        ),
        ({"pattern": "uniform"}, {"placement": "random"}, "placement", "is for jobs"),
        ({"pattern": "jobs", "queue": "gone.csv"}, {}, "traffic.queue", "gone.csv"),
        ({"pattern": "jobs", "queue": "bad.csv"}, {}, "traffic.queue", "bad.csv:1: hosts missing"),
        ({"pattern": "jobs", "queue": "ragged.csv"}, {}, "traffic.queue", "ragged.csv:2: 4 fields for 2 columns"),
        ({"pattern": "jobs", "queue": "q.csv", "jobs": [EACH]}, {}, "traffic.queue", "go without"),
    ],
)
def test_what_is_refused_and_where(traffic, more, key, message):
    files = {"bad.csv": "job,nodes\n", "ragged.csv": "job,hosts\n1,n[1,2,3]\n", "q.csv": CSV}
    _, problems = checked(traffic, files=files, **more)
    assert problems and problems[0].key.startswith(key)
    assert re.search(message, problems[0].text), problems[0].text
