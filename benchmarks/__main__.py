"""All benchmarks in turn, as ``make bench`` runs them; each says how to put its table into a document."""

from __future__ import annotations

import subprocess
import sys

for name in ("kernels", "distances", "phases", "programmes", "peers", "planes"):
    print(f"\n{name}\n", flush=True)
    more = ["--append"] if name == "planes" else []  # a line a commit
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *more], check=True)
