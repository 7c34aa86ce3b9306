"""How often verdicts are right: worlds drawn by seed in which somebody is guilty, and worlds in which nobody is."""
