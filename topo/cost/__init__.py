"""What a network costs: parts times prices.

A price book has one row a part: ``switch-<ports>``, ``endpoint-cable``,
``switch-cable``, ``copper-cable``, ``optical-cable``, ``transceiver`` or ``nic``.  A cable
is priced by where it goes if the book says so (``endpoint-cable``,
``switch-cable``), else by what it is made of; a ``transceiver`` row adds two to
every cable priced as ``optical-cable``.  A switch is the smallest one with
enough ports, whatever it leaves empty.  NICs are counted where the book has a price of them.

A port that breaks out serves several of a part of its speed: a row of 800 Gb/s with ``breakout`` 2 is a switch of
twice as many ports at 400 Gb/s, a transceiver for two cables (twin-port optics), a NIC for two ports.

A part that the book does not price leaves the sum open: it stands on the bill without a price, and ``unpriced``
says what is missing.

Limits.  Purchase prices only: no servers, racks, installation or energy, and no scale-up network, which comes with
the server; NICs where the book prices them.
"""

from __future__ import annotations

from topo.cost.bill import Line, Run, bill, items, reaches, residuals
from topo.cost.book import Price, PriceBook, PriceError
from topo.cost.table_3 import TABLE_3, TABLE_3_CAPACITY, Printed

__all__ = [
    "TABLE_3",
    "TABLE_3_CAPACITY",
    "Line",
    "Price",
    "PriceBook",
    "PriceError",
    "Printed",
    "Run",
    "bill",
    "items",
    "reaches",
    "residuals",
]
