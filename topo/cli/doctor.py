"""``topo doctor``: whether this installation works, and what it would need for the rest."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

import click

from topo.cli.exits import FAILED_CHECK, OK
from topo.cli.options import json_option


class Finding(NamedTuple):
    """One thing looked at."""

    name: str
    ok: bool
    needed: bool  # False where planewise does without
    text: str


#: Programs that only tests and cross-checks call -> what they serve.
OPTIONAL = {
    "chromium": "tests of reports in a browser",
    "opensm": "cross-checks of InfiniBand routing",
    "ibsim": "cross-checks of InfiniBand routing",
    "git": "the commit in run.json",
}


@click.command("doctor")
@json_option
def doctor_verb(*, as_json: bool) -> int:
    """Check versions, kernels, shipped files, places to write, and optional programs.

    Exits 1 where something needed is missing.
    """
    from topo.cli import output

    findings = list(_findings())
    if as_json:
        output.print_json({"ok": all(f.ok for f in findings if f.needed), "findings": [f._asdict() for f in findings]})
    else:
        marks = {(True, True): "ok", (True, False): "ok", (False, True): "WRONG", (False, False): "absent"}
        output.print_table(("", "", ""), [(marks[f.ok, f.needed], f.name, f.text) for f in findings])
    return OK if all(f.ok for f in findings if f.needed) else FAILED_CHECK


def _findings() -> Iterator[Finding]:
    from topo import __version__

    yield Finding("planewise", True, True, f"{__version__} in {Path(__file__).parents[1]}")
    good = (3, 11) <= sys.version_info < (3, 14)
    yield Finding("python", good, True, f"{platform.python_version()} on {platform.platform()}")
    yield Finding("cores", True, False, f"{len(os.sched_getaffinity(0))}")
    yield from _libraries()
    yield _tried("shipped files", _shipped)
    yield _tried("kernels", _kernels)
    yield _tried("temporary folder", _writable)
    for program, use in OPTIONAL.items():
        path = shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
        yield Finding(program, path is not None, False, path or f"not found; serves {use}")


def _libraries() -> Iterator[Finding]:
    try:
        stated = [line for line in requires("planewise") or [] if "extra ==" not in line]
    except PackageNotFoundError:
        yield Finding("installation", False, False, "not installed; runs from its source folder")
        return
    for line in stated:
        name = line.split(";", maxsplit=1)[0].split(">", maxsplit=1)[0].split("=", maxsplit=1)[0].strip()
        try:
            yield Finding(name, True, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, True, f"missing; planewise needs {line}")


def _tried(name: str, test: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, True, test())
    except Exception as error:  # a doctor reports whatever ails
        return Finding(name, False, True, f"{type(error).__name__}: {error}")


def _shipped() -> str:
    from topo.config import data_root, names

    kinds = ("studies", "prices", "hardware", "models")
    counts = ", ".join(f"{len(names(kind))} {kind}" for kind in kinds)
    if not names("studies"):
        raise FileNotFoundError(f"no studies in {data_root()}")
    return f"{counts} in {data_root()}"


def _kernels() -> str:
    from topo.config import read_case
    from topo.study import run_case

    begin = time.perf_counter()
    run_case(read_case("fat-tree-2:radix=4,endpoints_per_host=2", "permutation", solve="max-min"))
    return f"compile and run, {time.perf_counter() - begin:.1f} s"


def _writable() -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "probe").write_text("probe")
        return f"can be written: {Path(folder).parent}"
