"""Design: which network to build, how to grow it, and where to put what runs on it."""
