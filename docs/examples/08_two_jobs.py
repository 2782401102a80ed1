"""Do two jobs on one fabric disturb each other? Expert-parallel exchange beside an allreduce, packed or interleaved."""

import topo
import traffic
from traffic.jobs import Job, on_hosts, phases_of, together

HOSTS, PER_HOST, RATE, SCALE_UP = 16, 8, 50e9, 200e9  # [B/s] one way: a 400 Gb/s port, and NVLink of an H800


def completion(fabric: topo.Fabric, demand: traffic.Demand) -> topo.Solution:
    return topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion")


def main() -> dict[tuple[float, str, str], float]:
    half, ranks = HOSTS // 2, HOSTS * PER_HOST
    experts = traffic.offer("moe-all-to-all", n_ranks=half * PER_HOST, ep=64, node_limit=4)
    gradients = traffic.offer("allreduce", n_ranks=half * PER_HOST, algorithm="ring", bytes=64 * 2**20)
    hosts = {"packed": ((0, 1), (half, 1)), "interleaved": ((0, 2), (1, 2))}  # first host and stride of each job
    slowdown = {}
    for blocking in (1.0, 3.0):
        fabric = topo.generate(
            "fat-tree-2", radix=32, oversubscription=blocking, endpoints=ranks, capacity=RATE, scale_up=SCALE_UP
        )
        for how, places in hosts.items():
            at = [on_hosts(half, n_ranks=ranks, ranks_per_host=PER_HOST, first=a, stride=b) for a, b in places]
            jobs = [Job("experts", experts, at[0]), Job("gradients", gradients, at[1])]
            both = completion(fabric, together(jobs, n_ranks=ranks))
            for job, phases in zip(jobs, phases_of(jobs), strict=True):
                alone = completion(fabric, together([job], n_ranks=ranks)).completion_s
                took = both.ended[list(phases)].max()
                slowdown[blocking, how, job.name] = took / alone
                print(f"{blocking:g} to 1, {how:11} {job.name:9} {took * 1e3:6.2f} ms, {took / alone:.2f} x alone")
    return slowdown


if __name__ == "__main__":
    main()
