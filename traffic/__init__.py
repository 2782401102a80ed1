"""planewise, the workload side: who sends how many bytes to whom, in ranks and never in switches."""
