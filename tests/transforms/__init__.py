"""Second vantages made from one real capture: transformed copies whose truth is known."""
