"""Completion times by SimGrid on a platform file, for Debian's ``/usr/bin/python3``: JSON on stdin and stdout.

In: ``platform``, a path; ``src``, ``dst``, ``size`` [bytes] of each flow; ``prefix`` of the names of hosts, "e" where
it is not given; ``alone``, to send one after another.  Out: ``finish`` [s] of each, of one that is alone how long it
took.  Plain max-min sharing: model CM02, no cross-traffic, no window.
"""

import json
import sys

from simgrid import Actor, Comm, Engine, Host

SETTINGS = ("network/model:CM02", "network/crosstraffic:0", "network/TCP-gamma:1e12")


def main() -> None:
    given = json.load(sys.stdin)
    engine = Engine(["peer", "--log=root.thres:error", *(f"--cfg={setting}" for setting in SETTINGS)])
    engine.load_platform(given["platform"])
    prefix, comms, alone = given.get("prefix", "e"), [], []

    def send_all() -> None:
        for s, d, size in zip(given["src"], given["dst"], given["size"], strict=True):
            comm = Comm.sendto_init(Host.by_name(f"{prefix}{s}"), Host.by_name(f"{prefix}{d}"))
            begin = Engine.clock
            comms.append(comm.set_payload_size(int(size)).start())
            if given.get("alone"):
                comm.wait()
                alone.append(Engine.clock - begin)
        Comm.wait_all(comms)

    Actor.create("sender", Host.by_name(f"{prefix}{given['src'][0]}"), send_all)
    engine.run()
    json.dump({"finish": alone or [comm.finish_time for comm in comms]}, sys.stdout)


main()
