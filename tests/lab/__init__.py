"""Real kernels: network namespaces of one machine, real programs, and a truth that the wires wrote down."""
