"""Help answers at once: it imports nothing that computes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from topo.cli.verbs import VERBS

ROOT = Path(__file__).parents[1]
HEAVY = {
    "numpy", "scipy", "networkx", "pydantic", "ruamel", "numba", "ortools", "plotly", "jinja2",
    "pyarrow", "rich", "distributed", "dask", "pandas",
}  # fmt: skip
#: [s] of `topo --help` with compiled bytecode (issue 2, bar 4); the best of a few runs counts.
LIMIT = 0.150


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=True)


def modules(*arguments: str) -> set[str]:
    """Return the modules that a command imports."""
    lines = python("-X", "importtime", *arguments).stderr.splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def imported(*arguments: str) -> set[str]:
    """Return the top-level packages that a command imports."""
    return {module.split(".")[0] for module in modules(*arguments)}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([verb, "--help"] for verb in sorted(VERBS))])
def test_help_imports_nothing_heavy(arguments):
    """Help is static text: no library that computes is loaded for it."""
    assert not imported("-m", "topo", *arguments) & HEAVY


def test_the_package_is_imported_lazily():
    """``import topo`` loads no library; names come when asked for."""
    assert not imported("-c", "import topo") & HEAVY


#: Of the standard library and of numpy, what costs milliseconds and small commands have no use for.
SLOW = {
    "numpy.ma",
    "numpy.f2py",
    "numpy.random",
    "numpy.testing",
    "concurrent.futures",
    "importlib.metadata",
    "shutil",
    "statistics",
}
#: Rooms that a size and a small case have no use for.
STRANGERS = {
    *("topo.availability", "topo.failures", "topo.formats", "topo.check", "topo.design", "topo.cost"),
    *("topo.config.shapes", "topo.config.signatures", "topo.config.hardware_file", "topo.config.reliability"),
    *("topo.config.jobs", "topo.generators.fat_tree_3", "topo.generators.dragonfly", "topo.report.tables"),
}


def test_a_size_is_counted_without_an_array():
    """What a network is made of is a closed form: no arrays, no traffic, nothing that reads or explains files."""
    loaded = modules("-m", "topo", "size", "fat-tree-2:radix=64,planes=8")
    assert not {module.split(".")[0] for module in loaded} & (HEAVY | {"traffic", "hashlib", "tempfile"})
    rooms = {"topo.fabric", "topo.flow", "topo.routing", "topo.metrics", "topo.study", "topo.kernels"}
    assert not loaded & (SLOW | STRANGERS | rooms)


def test_a_small_case_loads_what_it_needs():
    """A tree of 1,024 endpoints is split in closed form: its answer loads numpy, and neither numba nor a matrix."""
    case = ("analyze", "fat-tree-2:radix=64,endpoints=1024", "permutation")
    loaded = modules("-m", "topo", *case)
    assert not {module.split(".")[0] for module in loaded} & (HEAVY - {"numpy"})
    strangers = {
        *("topo.flow.completion", "topo.flow.solved", "topo.routing.paths", "topo.routing.walks", "topo.study.store"),
        *("topo.routing.stops", "topo.routing.valiant", "traffic.exchange", "traffic.moe", "traffic.collectives"),
        *("traffic.training", "topo.report.panels.blocks", "topo.report.verdicts.networks"),
    }
    assert not loaded & (SLOW | STRANGERS | strangers)


def test_what_starts_a_command_yields_to_the_environment(monkeypatch):
    """Threads of matrix products and plug-ins are those that the user names; the rest starts with none of either."""
    script = "import os, sys; from topo.cli import main; main(); print(*map(os.environ.get, sys.argv[2:]))"
    names = ("OPENBLAS_NUM_THREADS", "PYDANTIC_DISABLE_PLUGINS")
    for name in (*names, "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)

    def told():
        command = f"import sys; sys.argv[1:] = ['--version']; {script}".replace("sys.argv[2:]", repr(names))
        return python("-c", command).stdout.split()[-2:]

    assert told() == ["1", "__all__"]
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "some")
    assert told() == ["None", "some"]


def test_single_paths_of_a_whole_tree_load_no_more_than_numpy():
    """D-mod-k in closed form and ends in rounds: no compiler, no scipy, no generator of random numbers."""
    loaded = modules(
        "-c",
        "import numpy as np, topo, traffic\n"
        "fabric = topo.generate('fat-tree-3', radix=4, capacity=1.0)\n"
        "i = np.arange(16)\n"
        "one = traffic.Demand.of('x', 16, src=i, dst=(i + 5) % 16, size=1 + i % 4)\n"
        "solution = topo.solve(fabric, one, topo.route(fabric, one, 'static'), 'completion')\n"
        "assert len(np.unique(solution.finish)) > 1",
    )
    assert "topo.flow.rounds" in loaded and "topo.routing.whole_tree" in loaded
    assert not {module.split(".")[0] for module in loaded} & (HEAVY - {"numpy"}) and "numpy.random" not in loaded


def test_help_is_fast():
    """`topo --help` takes under 150 ms once its bytecode is compiled."""
    python("-m", "topo", "--help")

    def seconds() -> float:
        start = time.perf_counter()
        python("-m", "topo", "--help")
        return time.perf_counter() - start

    assert min(seconds() for _ in range(10)) < LIMIT


def test_public_names_exist():
    """Every name of ``topo.__all__`` and ``traffic.__all__`` can be fetched, and is listed once."""
    import topo
    import traffic

    for package in (topo, traffic):
        assert len(set(package.__all__)) == len(package.__all__)
        for name in package.__all__:
            assert getattr(package, name) is not None
            assert name in dir(package)


def test_unknown_names_are_refused():
    """A name that does not exist is an AttributeError, as in any module."""
    import topo

    with pytest.raises(AttributeError, match="no_such_name"):
        topo.no_such_name  # noqa: B018
