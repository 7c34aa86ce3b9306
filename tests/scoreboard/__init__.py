"""How well the whole tool does on simulated worlds whose truth is known; ``python -m tests.scoreboard`` writes the table."""
