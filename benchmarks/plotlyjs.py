"""Renews the plotly.js of our pages: built from the sources of the version that plotly's Python package has.

    python -m benchmarks.plotlyjs

Needs npm.  What is built is the core of plotly.js with the traces of
``topo.report.plotlyjs.TRACES`` and nothing else: no maps, no 3-D, no calendars.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tempfile
from pathlib import Path

from plotly.offline import get_plotlyjs_version

from topo.report.plotlyjs import FILE, FOLDER, TRACES

#: What bundles the sources; fixed, so that the same version of plotly.js gives the same bytes.
_ESBUILD = "esbuild@0.25.12"
_BANNER = """/**
* plotly.js v{version}, with the traces {traces} alone
* Copyright 2012-2026, Plotly, Inc.
* All rights reserved.
* Licensed under the MIT license
*/"""
_OPTIONS = ("--bundle", "--minify", "--format=iife", "--global-name=Plotly", "--target=es2020", "--charset=ascii",
            "--loader:.css=empty", "--define:global=window", "--define:define.amd=false",
            "--define:process.env.NODE_DEBUG=false", "--legal-comments=eof", "--log-level=warning")  # fmt: skip


def build(version: str, scratch: Path) -> bytes:
    """Return the script, built in folder ``scratch``; raises CalledProcessError where npm or the build fails."""
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"plotly.js@{version}", _ESBUILD]
    (scratch / "package.json").write_text("{}")
    subprocess.run(install, cwd=scratch, check=True)
    # Scatter is part of the core.
    traces = ", ".join(f'require("plotly.js/lib/{name}")' for name in sorted(TRACES - {"scatter"}))
    entry = f'const Plotly = require("plotly.js/lib/core");\nPlotly.register([{traces}]);\nmodule.exports = Plotly;\n'
    (scratch / "entry.js").write_text(entry)
    banner = _BANNER.format(version=version, traces=", ".join(sorted(TRACES)))
    command = ["node_modules/.bin/esbuild", "entry.js", *_OPTIONS, f"--banner:js={banner}", "--outfile=out.js"]
    subprocess.run(command, cwd=scratch, check=True)
    return (scratch / "out.js").read_bytes()


def main() -> None:
    version = get_plotlyjs_version()
    with tempfile.TemporaryDirectory() as folder:
        script = build(version, Path(folder))
        FOLDER.mkdir(exist_ok=True)
        packed = gzip.compress(script, compresslevel=9, mtime=0)
        (FOLDER / FILE).write_bytes(packed)
        shutil.copyfile(Path(folder) / "node_modules" / "plotly.js" / "LICENSE", FOLDER / "LICENSE")
    print(f"plotly.js {version}: {len(script):,} bytes, {len(packed):,} compressed")


if __name__ == "__main__":
    main()
