"""Protocol facts: numbers, names, arithmetic. Nothing here knows a table or a stage."""
