"""DeepEP's normal kernels: logical bandwidth of dispatch and combine, with calibrated rates and with printed ones."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.rows import CALIBRATED, NIC, SCALE_UP, Row, row
from traffic import moe

SOURCE = "DeepEP, docs/legacy.md, normal kernels on H800, 4,096 tokens"
NIC_REACHED, SCALE_UP_REACHED = 40e9, 160e9  # [B/s] "effective" and "achievable"; arXiv 2505.09343, section 4.3

#: DeepEP, docs/legacy.md, normal kernels on H800: EP -> logical GB/s of dispatch, combine.
DEEPEP = {8: (153.0, 158.0), 16: (43.0, 43.0), 32: (58.0, 57.0), 64: (51.0, 50.0)}

#: What holds two hosts back.
TWO_HOSTS = "on two hosts NVLink, which passes tokens on inside a host, is the limit, not the NIC"


def logical(ep: int, *, nic: float, scale_up: float) -> tuple[float, float]:
    """Return logical bandwidth of dispatch and of combine [GB/s]: copies to the own host or rank counted."""
    found = moe.report(ep=ep, nic=nic, scale_up=scale_up)
    copies = found["hosts_per_token"] if found["hosts"] > 1 else found["endpoints_per_token"]
    size = found["tokens"] * copies / 1e9
    return (
        size * found["dispatch_bytes_per_copy"] / found["dedup_dispatch_s"],
        size * found["combine_bytes_per_copy"] / found["dedup_combine_s"],
    )


def efficiencies() -> tuple[float, float]:
    """Return the NIC's from the EP32 dispatch alone and NVLink's from the EP8 dispatch alone."""
    network = DEEPEP[32][0] / logical(32, nic=NIC, scale_up=SCALE_UP)[0]
    return network, DEEPEP[8][0] / logical(8, nic=NIC, scale_up=SCALE_UP)[0]


def one_efficiency() -> Iterator[Row]:
    nic, scale_up = efficiencies()
    yield Row("NIC efficiency", "", "", nic, None, "calibrated on the EP32 dispatch only", CALIBRATED)
    yield Row("NVLink efficiency", "", "", scale_up, None, "calibrated on the EP8 dispatch only", CALIBRATED)
    same_rate = "the model gives dispatch and combine one rate, published ones differ"
    for ep, printed in DEEPEP.items():
        found = logical(ep, nic=nic * NIC, scale_up=scale_up * SCALE_UP)
        for what, there, here in zip(("dispatch", "combine"), printed, found, strict=True):
            calibrated = what == "dispatch" and ep in (8, 32)
            why = "calibrated on this row" if calibrated else TWO_HOSTS if ep == 16 else same_rate
            yield row(f"EP{ep} {what}", "GB/s", there, here, why)._replace(kind=CALIBRATED if calibrated else "")


def uncalibrated() -> Iterator[Row]:
    why = {
        16: TWO_HOSTS,
        8: "the paper's 160 GB/s is round; DeepEP's EP8 kernels reached 134 to 138 of physical copies",
        32: "the paper's 40 GB/s is round; DeepEP's kernels reached 43 to 45 of physical copies",
    }
    for ep, printed in DEEPEP.items():
        found = logical(ep, nic=NIC_REACHED, scale_up=SCALE_UP_REACHED)
        for what, there, here in zip(("dispatch", "combine"), printed, found, strict=True):
            yield row(f"EP{ep} {what}", "GB/s", there, here, why.get(ep, why[32]))
