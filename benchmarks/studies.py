"""What the shipped studies found: the results that verdicts and matrices read, stored beside the benchmarks.

    python -m benchmarks.studies                 runs all of them (ten minutes) and stores what they found
    python -m benchmarks.studies reports         stores what lies in reports/NAME and is sound
    python -m benchmarks.studies --page          writes the sentences into docs/verdicts.md, from what is stored

Running them takes minutes, so the thirty-second test of docs/verdicts.md reads these copies.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.tables import markdown, write
from topo.config.data import names
from topo.report.load import Record, Study, read_study
from topo.report.panels.view import View
from topo.report.words import NARROW

STORE = Path(__file__).parent / "data" / "studies"
PAGE = Path(__file__).parents[1] / "docs" / "verdicts.md"
MARK = "<!-- benchmarks/studies.py -->"
#: Results that verdicts, matrices and names read.
KEYS = (
    "completion_s", "completion_least_s", "normalized_throughput", "max_utilization", "bottleneck_tier", "endpoints",
    "switches", "leaves", "cost_per_endpoint_usd", "network_rate_bytes_per_s", "scale_up_rate_bytes_per_s",
    "bound_is_optimum", "buildable", "reason", "node_limit", "hosts_per_token", "gain_expected", "busbw_bytes_per_s",
    "collective_bytes", "collective_ranks", "jobs", "slowdown_max", "slowdown", "kept_throughput", "failed",
    "failed_cables", "failed_nodes", "unreachable_commodities", "reach_with_relay", "expected_throughput",
    "states_by_failed", "step_parts", "compute_s", "exposed_s", "conservation_residual", "warnings",
)  # fmt: skip
#: What a design's first sentence rests on.
DESIGN = ("best", "proven", "considered", "minimize", "requirements", "runners")


def stored(name: str) -> Study:
    """Return what is stored of a shipped study, in memory as a report reads it.

    Raises FileNotFoundError where nothing is.
    """
    kept = json.loads(gzip.decompress((STORE / f"{name}.json.gz").read_bytes()))
    rows = [Record(**row, assumptions=(), folder=Path("none")) for row in kept["records"]]
    return Study(Path(name), tuple(rows), kept["run"], "", design=kept["design"])


def sentence(study: Study) -> str:
    """Return the first sentence of the page of ``study``."""
    from topo.report.panels import design, verdict

    view = View(study)
    one = design.panel(view) or verdict.panel(view)
    return one.answer


def keep(folder: Path, name: str) -> None:
    """Store what the study in ``folder`` found; raises SystemExit where a part of it is damaged."""
    study = read_study(folder)
    if study.damage:
        raise SystemExit("\n".join(study.damage))
    kept = {
        "run": {key: study.run[key] for key in ("title", "description", "tolerance") if key in study.run},
        "records": [_row(record) for record in study.records],
        "design": {key: study.design[key] for key in DESIGN if key in study.design},
    }
    STORE.mkdir(exist_ok=True)
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    (STORE / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _row(record: Record) -> dict[str, Any]:
    results = {key: record.results[key] for key in KEYS if record.results.get(key) is not None}
    facts = {key: getattr(record, key) for key in ("name", "hash", "status", "error", "case")}
    # Hashes of files and defaults that say nothing are half of what would be stored.
    case = {key: value for key, value in record.case.items() if key != "files" and value is not None}
    return facts | {"case": case, "results": results}


def table() -> str:
    """Return the question and the first sentence of every shipped study, as Markdown."""
    studies = {name: stored(name) for name in names("studies")}
    rows = [(f"`{name}`", study.title, sentence(study).replace(NARROW, " ")) for name, study in studies.items()]
    return markdown(("study", "question", "first sentence of the page"), rows)


def main() -> int:
    arguments = sys.argv[1:]
    if "--page" not in arguments:
        with tempfile.TemporaryDirectory() as scratch:
            for name in names("studies"):
                folder = Path(arguments[0] if arguments else scratch) / name
                if not arguments:
                    verb = "design" if name.startswith("design") else "study"
                    subprocess.run([sys.executable, "-m", "topo", verb, name, "-o", str(folder)], check=True)
                keep(folder, name)
    write(PAGE, MARK, table())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
