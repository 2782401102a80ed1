"""planewise, the network side: fabrics, routing, flow, cost, studies and reports."""
