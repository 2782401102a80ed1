"""What every test shares."""

#: Run by Debian's own interpreter, the only one that has SimGrid's module.
collect_ignore = ["simgrid_peer.py", "simgrid_platform.py"]
