"""The verbs: keys of their JSON, files they write, exit codes they end with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from topo.cli import main
from topo.cli.verbs import VERBS

ROOT = Path(__file__).parents[3]

#: Table 3 of arXiv 2505.09343: endpoints, switches, links, printed cost [M$]; Dragonfly's residual is +1.3 %.
TABLE_3 = {
    "fat-tree-2:radix=64": (2_048, 96, 2_048, 9),
    "fat-tree-2:radix=64,planes=8": (16_384, 768, 16_384, 72),
    "fat-tree-3:radix=64": (65_536, 5_120, 131_072, 491),
    "slim-fly:q=28,p=21": (32_928, 1_568, 32_928, 146),
    "dragonfly:a=32,p=16,h=16,g=511": (261_632, 16_352, 384_272, 1_542),
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command in an empty folder and gives exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(words))
        return (code, *capsys.readouterr())

    return call


@pytest.fixture
def load(run):
    """Return a function that runs a command with --json and gives the object."""

    def call(*words: str) -> dict:
        code, out, err = run(*words, "--json")
        assert code == 0, err
        data = json.loads(out)
        assert data["schema_version"] == 2
        return data

    return call


#: ``python -m topo`` that hears Ctrl-C even where the tests run in the background, whose children ignore it.
HEARS = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('topo', run_name='__main__', alter_sys=True)"
)


def spawn(*words: str, **options) -> subprocess.Popen:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", HEARS, *words], env=env, **(pipes | options))


@pytest.mark.parametrize(("fabric", "row"), TABLE_3.items(), ids=TABLE_3)
def test_size_prints_table_3(load, fabric, row):
    """Counts are those printed; costs are after rounding, the Dragonfly's residual stands beside it."""
    data = load("size", fabric, "--prices", "paper-table-3")
    assert (data["endpoints"], data["switches"], data["switch_links"], round(data["cost_usd"] / 1e6)) == row
    assert data["endpoint_links"] == data["endpoints"]
    assert data["cost_per_endpoint_usd"] == data["cost_usd"] / data["endpoints"]
    residual = {r["network"]: r["residual"] for r in data["cost_residuals"]}
    assert residual["DF"] == pytest.approx(0.0134, abs=1e-3)


def test_size_of_what_cannot_be_built(load):
    """q = 28 is sized, flagged, and names its neighbours."""
    data = load("size", "slim-fly:q=28,p=21")
    assert data["buildable"] is False
    assert data["cost_usd"] is None
    assert any("27" in name for name in data["neighbours"])
    assert any("29" in name for name in data["neighbours"])


def test_size_as_text(run):
    """Off a terminal the table is aligned text on stdout alone."""
    code, out, err = run("size", "dragonfly:a=32,p=16,h=16,g=511", "--prices", "paper-table-3")
    assert (code, err) == (0, "")
    assert "261,632" in out
    assert "residual" in out
    assert "\x1b" not in out


def test_build_writes_what_it_prints(run, load, tmp_path):
    """The file holds the fabric whose structure --json prints."""
    from topo.formats import read

    data = load("build", "slim-fly:q=5", "-o", "s.fabric.json")
    fabric = read(tmp_path / "s.fabric.json")
    assert (fabric.n_endpoints, fabric.n_switches) == (data["endpoints"], data["switches"]) == (200, 50)
    assert (data["switch_links"], data["switch_diameter"]) == (175, 2)
    assert data["mean_switch_hops"] == pytest.approx(1.8571, abs=1e-4)
    assert {"diameter", "mean_hops", "bisection_per_endpoint", "findings"} <= set(data)
    assert [path.name for path in tmp_path.iterdir()] == ["s.fabric.json"]
    code, out, _ = run("build", "fat-tree-2:radix=8")
    assert (code, out) == (0, "fat-tree-2(k=8): 32 endpoints, 12 switches, 64 cables\n")


def test_building_loads_no_compiler():
    """Building is light: numba stays out, and 65,536 endpoints fit in 200 MB."""
    # VmHWM, not ru_maxrss: that one a child inherits from the process which forked it
    code = (
        "import re, sys; from topo.cli import main; main(['build', 'fat-tree-3:radix=64'])\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
        "print(peak, 'numba' in sys.modules)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    kib, *loaded = done.stdout.splitlines()[-1].split()
    assert int(kib) < 200 * 1024
    assert loaded == ["False"]


def test_analyze_has_its_keys(load):
    """Documented keys, the resolved input with defaults, and seconds."""
    data = load("analyze", "fat-tree-2:radix=8,planes=2", "uniform", "--prices", "list-2022")
    keys = [
        "normalized_throughput",
        "switch_throughput",
        "theta",
        "bound",
        "gap",
        "max_utilization",
        "mean_utilization",
        "completion_s",
        "mean_rate_gbps",
        "mean_completion_s",
        "links_by_tier",
        "method",
        "seconds",
        "cost_usd",
    ]
    assert set(keys) <= set(data)
    assert data["fabric"]["rate"] == "400Gb/s"
    assert data["traffic"]["pattern"] == "uniform"
    assert data["routing"]["policy"] == "ecmp"
    assert data["normalized_throughput"] == pytest.approx(1)


def test_analyze_tells_bandwidth_of_a_collective(load, run):
    """algbw = S / t and busbw = 2(n - 1)/n algbw, as nccl-tests says; in the text too."""
    given = ("analyze", "fat-tree-2:radix=8,endpoints=16", "allreduce:bytes=1GiB", "--solver", "completion")
    data = load(*given)
    assert data["algbw_bytes_per_s"] == pytest.approx(2**30 / data["completion_s"])
    assert data["busbw_bytes_per_s"] == pytest.approx(data["algbw_bytes_per_s"] * 2 * 15 / 16)
    assert {"algbw_bytes_per_s", "busbw_bytes_per_s"} <= set(run(*given)[1].split())


def test_analyze_warns_where_one_plane_carries_all(run):
    """Incast onto endpoint 0 is relayed onto plane 0 alone: told on stderr and first on the page; a shift is even."""
    tree = "fat-tree-2:radix=16,planes=8,endpoints=128"
    told = "plane 0 of 8 carries all bytes between hosts"
    code, out, err = run("analyze", tree, "incast", "-o", "one")
    assert (code, "plane_balance" in out) == (0, True)
    assert f"warning: {told}" in err
    assert told in Path("one/index.html").read_text()
    assert "warning" not in run("analyze", tree, "shift:by=8")[2]


def test_analyze_stores_a_study_of_one(run, tmp_path):
    """-o leaves records, a report, and a study.yaml that gives the same case again."""
    assert run("analyze", "fat-tree-2:radix=8", "permutation", "--seed", "3", "-o", "out")[0] == 0
    assert (tmp_path / "out" / "index.html").stat().st_size > 1000
    first = json.loads((tmp_path / "out" / "records.jsonl").read_text())
    assert run("study", "out/study.yaml", "-o", "again")[0] == 0
    assert json.loads((tmp_path / "again" / "records.jsonl").read_text())["hash"] == first["hash"]


SINGLE = "fat-tree-2:radix=8,endpoints=16,scale_up=none,endpoints_per_host=1"


def test_check_after_failures_names_who_is_cut_off(run):
    """A leaf takes its four endpoints: 16 15 less 12 11 ordered pairs have no path."""
    args = ["check", SINGLE, "--failures", "named:switch=leaf1", "--routing", "ecmp", "--json"]
    code, out, _ = run(*args, "--fail-on", "unreachable_commodities>0")
    found = json.loads(out)
    assert (code, found["unreachable_commodities"]) == (1, 108)
    assert found["cut_off"] == ["h4", "h5", "h6", "h7"]
    assert (found["failed"], found["fault_count"], found["lanes_upper"]) == ("switch leaf1", 0, 1)


def test_check_after_failures_looks_at_the_routes_that_are_left(run):
    """The Hoffman-Singleton graph has girth 5, so the way around a lost cable has four hops, each on a higher lane."""
    lanes = []
    for more in ([], ["--failures", "random:part=cable"]):
        found = json.loads(run("check", "slim-fly:q=5", "--routing", "ecmp", "--costs", "0", "--json", *more)[1])
        lanes.append((found["route_switch_links"], found["lanes_by_hop"]))
    assert lanes == [(2, 2), (4, 4)]


@pytest.mark.parametrize(
    ("failures", "words"),
    [("worst:part=cable", "choose named, random"), ("random:part=cable,reroute=tables", "routes found anew")],
)
def test_check_refuses_failures_that_ask_for_traffic(run, failures, words):
    code, _, err = run("check", SINGLE, "--failures", failures)
    assert code == 3
    assert words in err


@pytest.mark.parametrize(("check", "code"), [("max_utilization>0.5", 1), ("max_utilization>2", 0)])
def test_stated_checks(run, check, code):
    """--fail-on ends in 1 where its condition holds, with the results printed all the same."""
    got, out, err = run("analyze", "fat-tree-2:radix=8", "uniform", "--json", "--fail-on", check)
    assert got == code
    assert json.loads(out)["max_utilization"] <= 1
    assert ("check failed: max_utilization is" in err) == bool(code)


def test_not_connected(run):
    """Without scale-up links the planes of single-plane NICs are islands: exit 4, naming a pair."""
    code, out, err = run("analyze", "fat-tree-2:radix=8,planes=2,scale_up=none", "uniform")
    assert (code, out) == (4, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_moe_reproduces_the_paper(load):
    """Section 2.3.2 with its rounded hidden size, and copies per token of EP64."""
    data = load("moe", "--set", "hidden=7000")
    assert data["step_s"] == pytest.approx(120.96e-6)
    assert data["layer_s"] == pytest.approx(241.92e-6)
    assert data["tpot_s"] == pytest.approx(14.757e-3, abs=1e-6)
    assert data["tokens_per_s"] == pytest.approx(67.76, abs=0.01)
    assert data["hosts_per_token_unlimited"] == pytest.approx(5.295, abs=5e-4)
    assert data["hosts_per_token"] == pytest.approx(3.98, abs=5e-3)
    assert data["gain_worst_case"] == 2
    keys = [
        "endpoints_per_token",
        "remote_copies",
        "gain_expected",
        "bound_by",
        "logical_bytes_per_s",
        "physical_bytes_per_s",
    ]
    assert set(keys) <= set(data)
    fast = load("moe", "--set", "hidden=7000", "--hardware", "gb200-nvl72")
    assert fast["step_s"] == pytest.approx(6.72e-6)
    assert load("moe")["step_s"] == pytest.approx(123.86e-6, abs=1e-8)


def test_moe_takes_rates_and_limits(load):
    """Half the rate doubles the step; no limit leaves all hosts."""
    whole, half = load("moe"), load("moe", "--rate", "200Gb/s", "--node-limit", "none")
    assert half["step_s"] == pytest.approx(2 * whole["step_s"])
    assert half["node_limit"] is None
    assert half["hosts_per_token"] == half["hosts_per_token_unlimited"]


def test_explain_shares_add_up(load):
    """Paths and links carry the whole commodity; a pair on two planes goes through its host."""
    data = load("explain", "fat-tree-2:radix=8,planes=2", "--from", "0", "--to", "21")
    assert sum(path["share"] for path in data["paths"]) == pytest.approx(1)
    assert sum(link["share"] for link in data["links"]) == pytest.approx(data["hops"])
    assert all("scale-up" in path["nodes"][1] for path in data["paths"])
    assert data["rate_gbps"] == pytest.approx(400)
    text = load("explain", "slim-fly:q=5", "--from", "0", "--to", "1")
    assert text["hops"] == 2 or text["bottleneck"]["tier"] == "scale-up"


def test_a_price_that_a_book_lacks_leaves_the_cost_open(run, load, tmp_path):
    (tmp_path / "p.csv").write_text("part,usd\noptical-cable,9\ncopper-cable,9\n")
    words = ("size", "fat-tree-2:radix=64", "--prices", str(tmp_path / "p.csv"))
    data = load(*words)
    assert data["cost_usd"] is None and data["priced_usd"] == 2 * 2048 * 9
    code, out, err = run(*words)
    assert code == 0 and "$36,864" in out
    assert "no price, so the sum is open: " in err and "lacks a row switch-64 or larger" in err


@pytest.mark.parametrize(
    "kind", ["families", "patterns", "policies", "solvers", "prices", "hardware", "models", "studies"]
)
def test_list(run, load, kind):
    """Every kind has entries, each with a summary; the text has one line each."""
    found = load("list", kind)[kind]
    assert found
    assert all(isinstance(entry["summary"], str) for entry in found.values())
    out = run("list", kind)[1]
    assert all(name in out for name in found)
    assert "``" not in out


def test_list_shows_choices_and_of_one_entry_what_parameters_mean(run, load):
    assert "algorithm=ring|halving-doubling|tree|hierarchical" in run("list", "patterns")[1]
    code, out, _ = run("list", "patterns", "incast")
    assert code == 0 and "ranks that send; without, all others do" in out and "at least 1" in out
    said = load("list", "policies", "adaptive")["policies"]["adaptive"]["says"]["gap"]
    assert said["range"] == "at least 0 and below 1"
    code, _, err = run("list", "patterns", "incsat")
    assert code == 2 and "incast" in err


def test_schema_is_json(run):
    """The schema is a JSON Schema object that knows the top keys."""
    schema = json.loads(run("schema")[1])
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"schema", "title", "fabric", "sweep", "cases"} <= set(schema["properties"])


def test_new_is_valid_and_never_overwrites(run, tmp_path):
    """A new study passes validation; the file of the same name is safe; shipped studies can be copied."""
    code, out, _ = run("new", 'My fabric: a "quoted" one', "-o", "mine.yaml")
    assert (code, out) == (0, "mine.yaml\n")
    code, out, err = run("validate", "./mine.yaml", "--json")
    assert code == 0, err
    assert json.loads(out)["title"] == 'My fabric: a "quoted" one'
    before = (tmp_path / "mine.yaml").read_text()
    assert run("new", "other", "-o", "mine.yaml")[0] == 3
    assert (tmp_path / "mine.yaml").read_text() == before
    assert run("new", "planes")[:2] == (0, "planes.yaml\n")
    assert run("validate", "planes.yaml")[0] == 0


def test_study_and_report(run, load, tmp_path):
    """A study leaves records and report; run again it computes nothing; its report can be redrawn."""
    run("new", "t", "-o", "t.yaml")
    sets = ["--set", "traffic.node_limit=4"]
    first = load("study", "t.yaml", "-o", "out", *sets)
    assert (first["cases"], first["ok"], first["failed"]) == (len(first["records"]), first["cases"], 0)
    assert load("study", "t.yaml", "-o", "out", *sets)["computed"] == 0
    page = (tmp_path / "out" / "index.html").read_text()
    assert run("report", "out", "-o", "page.html")[:2] == (0, "page.html\n")
    assert len((tmp_path / "page.html").read_text()) == pytest.approx(len(page), rel=0.1)
    code, _, err = run("study", "t.yaml", "-o", "out", *sets, "--fail-on", "endpoints>0")
    assert code == 1
    assert "check failed: endpoints" in err


def test_study_with_failed_cases(run, tmp_path):
    """A case without a path fails, the other does not; exit 6 names the one that failed."""
    (tmp_path / "s.yaml").write_text(
        "schema: 1\ntitle: s\nfabric: {family: fat-tree-2, radix: 8, planes: 2}\ntraffic: {pattern: uniform}\n"
        "sweep: {fabric.scale_up: [none, 200GB/s]}\n"
    )
    code, out, err = run("study", "./s.yaml")
    assert code == 6
    assert "failed: scale_up=none" in err.replace("failed: none", "failed: scale_up=none")
    assert out.strip() == "reports/s/index.html"
    assert Path(out.strip()).exists()


def test_doctor(run):
    """The installation that runs this test is well."""
    code, out, _ = run("doctor", "--json")
    data = json.loads(out)
    assert code == 0, data
    assert {"planewise", "python", "kernels", "chromium"} <= {finding["name"] for finding in data["findings"]}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_of_every_verb(run, verb):
    """Help names the verb, says what it does, and exits 0."""
    code, out, err = run(verb, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: topo {verb}")


def test_internal_errors_are_told(run, monkeypatch):
    """What nobody foresaw is exit 70 with how to report it; the traceback only with --debug."""
    import topo.config

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(topo.config, "read_part", broken)
    code, out, err = run("size", "fat-tree-2:radix=8")
    assert (code, out) == (70, "")
    assert "internal error: ZeroDivisionError: oops" in err
    assert "topo --debug size fat-tree-2:radix=8" in err
    assert "Traceback" not in err
    assert "Traceback" in run("--debug", "size", "fat-tree-2:radix=8")[2]


def test_a_closed_pipe_is_no_error():
    """`topo list | head -1` ends in 0 and says nothing."""
    process = spawn("schema")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0


def test_interrupt_tells_how_to_resume(tmp_path):
    """Ctrl-C ends a study in 130 with the command that goes on; finished cases stay."""
    run_study = spawn("study", "deepseek-v3", "-o", "out", cwd=tmp_path, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out" / "cases").glob("*/record.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(run_study.pid, signal.SIGINT)  # as a terminal does: workers get it too
    _, err = run_study.communicate(timeout=60)
    assert run_study.returncode == 130, err
    assert "resume with: topo study deepseek-v3 -o out" in err
    assert "Traceback" not in err
    assert list((tmp_path / "out" / "cases").glob("*/record.json"))


def test_report_of_two_studies(run, load, tmp_path):
    """Two folders give one page, in the current folder where not told otherwise; three are one too many."""
    run("new", "t", "-o", "t.yaml")
    load("study", "t.yaml", "-o", "a", "--set", "traffic.node_limit=4")
    load("study", "t.yaml", "-o", "b", "--set", "traffic.node_limit=2")
    assert run("report", "a", "b")[:2] == (0, "versus.html\n")
    assert "node_limit" in (tmp_path / "versus.html").read_text()
    code, _, err = run("report", "a", "b", "a")
    assert code == 2
    assert "3 were given" in err
    assert run("report", "a", "nowhere")[0] == 3


def test_equal_cases_are_counted(run, load, tmp_path):
    """Two cases alike in all but their name are computed once, and the line at the end says so."""
    (tmp_path / "s.yaml").write_text(
        "schema: 1\ntitle: s\nfabric: {family: fat-tree-2, radix: 8}\ntraffic: {pattern: uniform}\n"
        "cases: [{name: a}, {name: b}, {name: c, fabric: {planes: 2}}]\n"
    )
    found = load("study", "./s.yaml", "-o", "out")
    assert (found["cases"], found["equal"], found["computed"]) == (3, 1, 2)
    assert "cases 3, equal 1, ok 3" in run("study", "./s.yaml", "-o", "out")[2]


def test_analyze_says_what_failed_and_what_it_costs(run):
    """A spine of eight gone: 120 of 127 flows of a leaf leave it over seven in the place of eight."""
    tree = "fat-tree-2:radix=16,endpoints=128,endpoints_per_host=1,scale_up=none"
    code, text, _ = run("analyze", tree, "uniform", "--failures", "worst:part=switch,tier=spine")
    assert code == 0
    rows = {line.rpartition(" ")[2]: line for line in text.splitlines() if line}
    assert "spine0" in rows["failed"] and "1.08x" in rows["slowdown"] and " 0 " in rows["unreachable_commodities"]


def test_place(run, tmp_path):
    """Rank, endpoint and name of each as CSV; what JSON says is what the file says."""
    code, out, _ = run("place", "fat-tree-2:radix=4,endpoints=8", "shift:by=3", "--json", "-o", "ranks.csv")
    said = json.loads(out)
    assert code == 0
    assert said["proven"] is True
    assert said["least_possible_s"] == said["completion_s"] <= said["in_order_s"]
    head, *rows = (tmp_path / "ranks.csv").read_text().splitlines()
    assert head == "rank,endpoint,name"
    assert [int(row.split(",")[1]) for row in rows] == said["endpoint_of_rank"]
    code, _, err = run("place", "fat-tree-2:radix=4", "shift", "--routing", "adaptive")
    assert code == 3
    assert "ecmp, valiant, wcmp; got adaptive" in err


def test_grow(run, tmp_path):
    """Two trees: what goes in is what the file says, and the parts of both stages are paid once."""
    code, out, _ = run(
        "grow", "fat-tree-2:radix=8,endpoints=8", "fat-tree-2:radix=8", "--prices", "list-2022", "--json", "-o", "s.csv"
    )
    said = json.loads(out)
    first, second = said["growth"]
    assert code == 0
    assert (first["goes_in"], second["stays"], second["goes_in"]) == (16, 10, 54)
    assert said["growth_usd"] == pytest.approx(said["at_once_usd"])
    head, *rows = (tmp_path / "s.csv").read_text().splitlines()
    assert head == "stage,step,a,b,tier"
    assert [row.split(",")[1] for row in rows] == ["remove"] * second["comes_out"] + ["add"] * second["goes_in"]
    moved = second["comes_out"] + second["goes_in"]
    assert "cost of all stages" not in run("grow", "fat-tree-2:radix=8,endpoints=8", "fat-tree-2:radix=8")[1]
    words = ["fat-tree-2:radix=8,endpoints=8", "fat-tree-2:radix=8", "--prices", "list-2022", "--move-cost", "10"]
    dear = json.loads(run("grow", *words, "--json")[1])
    assert dear["growth_usd"] == pytest.approx(said["growth_usd"] + 10 * moved)
    assert run("grow", "fat-tree-2:radix=8")[0] == 2
    assert run("grow", "fat-tree-2:radix=8", "fat-tree-2:radix=4")[0] == 3
