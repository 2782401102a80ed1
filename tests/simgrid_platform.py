"""Completion times by SimGrid on a platform file, for Debian's ``/usr/bin/python3``: JSON on stdin and stdout.

In: ``platform``, a path; ``src``, ``dst``, ``size`` [bytes] of each flow.  Out: ``finish`` [s] of each.  Plain
max-min sharing: model CM02, no cross-traffic, no window.
"""

import json
import sys

from simgrid import Actor, Comm, Engine, Host

SETTINGS = ("network/model:CM02", "network/crosstraffic:0", "network/TCP-gamma:1e12")


def main() -> None:
    given = json.load(sys.stdin)
    engine = Engine(["peer", "--log=root.thres:error", *(f"--cfg={setting}" for setting in SETTINGS)])
    engine.load_platform(given["platform"])
    comms = []

    def send_all() -> None:
        for s, d, size in zip(given["src"], given["dst"], given["size"], strict=True):
            comm = Comm.sendto_init(Host.by_name(f"e{s}"), Host.by_name(f"e{d}"))
            comms.append(comm.set_payload_size(int(size)).start())
        Comm.wait_all(comms)

    Actor.create("sender", Host.by_name(f"e{given['src'][0]}"), send_all)
    engine.run()
    json.dump({"finish": [comm.finish_time for comm in comms]}, sys.stdout)


main()
