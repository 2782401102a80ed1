"""Completion times by SimGrid, for Debian's ``/usr/bin/python3``: a problem as JSON on stdin, answers on stdout.

In: ``capacity`` [B/s] of each link; ``src``, ``dst``, ``size`` [bytes] and ``path`` (links) of each
commodity.  Out: ``finish`` [s] of each, ``build_s`` and ``solve_s``.  Plain max-min sharing: model
CM02, no latency, no cross-traffic, no window.  Where no endpoint sends or receives twice, a star zone
holds the paths (half up, half down), else a full one with a route a pair.
"""

import json
import sys
import time

from simgrid import Actor, Comm, Engine, LinkInRoute, NetZone

SETTINGS = ("network/model:CM02", "network/crosstraffic:0", "network/TCP-gamma:1e12")
HOST_SPEED = 1e9


def main() -> None:
    given = json.load(sys.stdin)
    started = time.perf_counter()
    engine = Engine(["peer", "--log=root.thres:error", *(f"--cfg={setting}" for setting in SETTINGS)])
    src, dst = given["src"], given["dst"]
    lone = len(set(src)) == len(src) and len(set(dst)) == len(dst)
    zone = NetZone.create_star_zone("all") if lone else NetZone.create_full_zone("all")
    hosts = {e: zone.create_host(f"h{e}", HOST_SPEED).seal() for e in sorted({*src, *dst})}
    links = [LinkInRoute(zone.create_link(f"l{i}", c).set_latency(0).seal()) for i, c in enumerate(given["capacity"])]
    for s, d, path in zip(src, dst, given["path"], strict=True):
        route = [links[i] for i in path]
        if lone:
            half = (len(route) + 1) // 2
            zone.add_route(hosts[s].netpoint, None, None, None, route[:half], False)
            zone.add_route(None, hosts[d].netpoint, None, None, route[half:], False)
        else:
            zone.add_route(hosts[s].netpoint, hosts[d].netpoint, None, None, route, False)
    zone.seal()
    built = time.perf_counter()
    comms = []

    def send_all() -> None:
        for s, d, size in zip(src, dst, given["size"], strict=True):
            comms.append(Comm.sendto_init(hosts[s], hosts[d]).set_payload_size(int(size)).start())
        Comm.wait_all(comms)

    Actor.create("sender", hosts[src[0]], send_all)
    engine.run()
    solved = time.perf_counter()
    times = {"build_s": built - started, "solve_s": solved - built}
    json.dump({"finish": [comm.finish_time for comm in comms], **times}, sys.stdout)


main()
