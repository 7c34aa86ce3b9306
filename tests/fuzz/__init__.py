"""Coverage-guided fuzzing of every reader and dissector.

``python -m tests.fuzz TARGET [options of libFuzzer]`` runs one target with atheris (extra ``fuzz``); ``corpus/`` holds a
few small inputs per target, which the ordinary tests replay. What a run finds becomes a file there.
"""
