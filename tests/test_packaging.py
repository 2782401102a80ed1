"""What is shipped: plain pins, configs inside the wheel, and a wheel that works alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib.metadata import distributions, metadata, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import topo
from topo.config.document import parse

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.!+]*")
INSTALLED = {one.name for one in distributions()}
LOCAL = re.compile(r"@|(^|\s)-e|/|\\|file:")


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Build the source archive once, and the wheel from what is in it, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("planewise-*.whl")
    return path


def test_constraints_are_plain_pins():
    """constraints.txt has name==version lines only: no folder, no address, no editable project."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not PIN.fullmatch(line) or LOCAL.search(line)] == []
    assert len({name_of(line) for line in lines}) == len(lines)


def test_constraints_pin_every_dependency():
    """Every stated dependency of the runtime and of development is pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stated = {name_of(line) for line in project["dependencies"] + project["optional-dependencies"]["dev"]}
    pinned = {name_of(line) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert stated <= pinned, stated - pinned


def test_pins_run_on_the_oldest_python_that_is_promised():
    """Debian 12 has 3.11.2, and some packages ask for a later one; of those that are installed here."""
    pins = [line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()]
    asked = {pin: metadata(pin).get("Requires-Python") for pin in pins if pin in INSTALLED}
    assert "click" in asked
    assert [pin for pin, python in asked.items() if python and "3.11.0" not in SpecifierSet(python)] == []


def test_the_citation_is_that_of_this_version():
    """CITATION.cff has what its format requires, the package's version, licence and authors, and the paper."""
    cited = parse((ROOT / "CITATION.cff").read_text(), "CITATION.cff").data
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["cff-version"], cited["title"], cited["type"]) == ("1.2.0", project["name"], "software")
    assert (cited["version"], cited["license"]) == (topo.__version__, project["license"])
    assert cited["authors"] == project["authors"]
    (paper,) = cited["references"]
    assert {"type", "title", "authors"} <= set(paper)
    assert all(set(author) == {"given-names", "family-names"} for author in paper["authors"])
    assert paper["identifiers"][0]["value"].removeprefix("arXiv:") in "".join(project["urls"].values())


def test_hooks_run_what_make_lint_runs():
    """The hook before a commit is `make lint` itself, from this checkout, so the two cannot drift apart."""
    hooks = parse((ROOT / ".pre-commit-config.yaml").read_text(), "hooks").data["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    assert [hook["entry"] for hook in hooks[0]["hooks"]] == ["make lint"]


def test_links_of_documents_lead_somewhere():
    """Every relative link of README, CONTRIBUTING, CHANGELOG and docs names a file that is there."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#\s]+)", page.read_text())]
    lost = [f"{page}: {link}" for page, link in found if "://" not in link and not (page.parent / link).exists()]
    assert len(found) > 20 and not lost, lost


def test_decisions_are_whole_and_listed():
    """A decision says whether it holds, what was decided, why, instead of what, and what it costs; the index has it."""
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text()
    assert re.findall(r"^- \[(.+)\]\((.+)\)$", index, re.MULTILINE) == [
        (page.read_text().partition("\n")[0].removeprefix("# "), page.name) for page in pages
    ]
    for page in pages:
        parts = re.findall(r"^\*\*([A-Z][a-z ]+?)\.?\*\*", page.read_text(), re.MULTILINE)
        assert parts == ["Status", "Decision", "Why", "Instead of", "Costs"], page.name


def test_documents_name_files_that_are_there():
    """Every file of the tree that CONTRIBUTING and the decisions name in code, such as `tests/soak.py`, exists."""
    pages = [ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / "decisions").glob("*.md")]
    named = {
        path
        for page in pages
        for path in re.findall(r"\b((?:topo|traffic|tests|docs|benchmarks)/[\w./-]+\.\w+)", page.read_text())
    }
    assert len(named) > 20 and not {path for path in named if not (ROOT / path).exists()}


def test_the_wheel_has_all_it_needs(wheel):
    """Both packages, every config, templates, type markers and the licence are inside; tests and reports are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = {f"topo/configs/{path.relative_to(ROOT / 'configs')}" for path in (ROOT / "configs").rglob("*.*")}
    code = {
        str(path.relative_to(ROOT))
        for package in ("topo", "traffic")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix in {".py", ".typed", ".html", ".css", ".js", ".yaml", ".j2", ".gz"}
    }
    assert data | code <= names, sorted((data | code) - names)
    assert not [name for name in names if name.startswith(("tests", "reports", "docs", "benchmarks"))]
    assert any(name.endswith("LICENSE") for name in names)
    assert "topo/report/templates/plotly/LICENSE" in names
    assert topo.__version__ in wheel.name


#: Runs the command of the folder that is its first argument, without the modules that are its second.
ALONE = """
import sys
site, absent = sys.argv.pop(1), set(sys.argv.pop(1).split())
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
import topo, topo.cli
assert topo.__file__.startswith(site), topo.__file__
sys.exit(topo.cli.main())
"""


def needed_by(requirements):
    """Return the distributions that these lines install, and all that those need."""
    found, left = set(), list(requirements)
    while left:
        requirement = Requirement(left.pop())
        name = canonicalize_name(requirement.name)
        if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            found.add(name)
            left += requires(name) or []
    return found


@pytest.fixture(scope="module")
def alone(wheel, tmp_path_factory):
    """Return what runs `topo` of the wheel in an empty folder, where nothing is installed but what the wheel needs."""
    folder = tmp_path_factory.mktemp("alone")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        stated = message_from_bytes(archive.read(metadata)).get_all("Requires-Dist")
    there = needed_by(stated)
    absent = [module for module, of in packages_distributions().items() if not there & set(map(canonicalize_name, of))]
    assert {"distributed", "kaleido", "pytest", "sphinx", "IPython"} & set(absent), "extras are installed here"
    (folder / "empty").mkdir()
    env = os.environ | {"PYTHONPATH": str(folder / "site"), "NUMBA_DISABLE_JIT": "1"}

    def run(*words):
        command = [sys.executable, "-c", ALONE, str(folder / "site"), " ".join(absent), *words]
        return subprocess.run(command, cwd=folder / "empty", env=env, capture_output=True, text=True, check=False)

    return run


def test_the_wheel_works_alone(alone):
    """Run from an empty folder, a shipped study is found by its name, and its page written.

    Smaller than it is shipped, with kernels left uncompiled: compiling them is what the next test shows.  That the
    dependencies can be had is what `make study` shows.
    """
    networks = "sweep={fabric: [fat-tree-2:radix=8, slim-fly:q=4, dragonfly:a=4], failures.count: [0, 1]}"
    done = alone("study", "resilience", "--set", networks, "--set", "seeds=1", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "out/index.html"
    assert "out/index.html" in alone("report", "out").stdout


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("study", "resilience", "-o", "far", "--scheduler", "tcp://127.0.0.1:1"), "cluster"),
        (("report", "out", "--png", "pictures"), "png"),
    ],
)
def test_what_an_extra_is_for_names_it(alone, words, extra):
    """Exit 3, and the command that installs what is missing."""
    alone("study", "resilience", "--set", "sweep={fabric: [fat-tree-2:radix=4]}", "--set", "seeds=1", "-o", "out")
    done = alone(*words)
    assert done.returncode == 3
    assert f'pip install "planewise[{extra}]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_installation_works(wheel, tmp_path):
    """Where neither site-packages nor HOME can be written, kernels compile without a cache."""
    if os.geteuid() == 0 and not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs setpriv (util-linux) to drop root's rights")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for path in (tmp_path, site, *site.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for path in tmp_path.parents:
        if path.name.startswith("pytest") and os.geteuid() == 0:
            path.chmod(path.stat().st_mode | 0o055)
    env = {"PYTHONPATH": str(site), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    words = ["analyze", "fat-tree-2:radix=4,endpoints_per_host=2", "permutation", "--solver", "max-min", "--json"]
    drop = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*drop, sys.executable, "-B", "-m", "topo", *words]
    try:
        done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=False)
    finally:
        for path in (tmp_path, site, *site.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    if "Permission denied" in done.stderr and sys.prefix in done.stderr:
        pytest.skip("the interpreter itself is closed to an unprivileged user")
    assert done.returncode == 0, done.stderr
