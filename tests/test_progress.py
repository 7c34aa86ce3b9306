"""Rule: progress nobody asked for goes nowhere; what threads add up never goes back and misses nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from correlate.progress import adding, silent


def test_silence_prints_nothing(capsys):
    silent("read", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_what_threads_add_up_rises_to_the_total():
    told = []
    add = adding(lambda *one: told.append(one), "read", 1000)
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(add, [1] * 1000))
    assert told == [("read", done, 1000) for done in range(1, 1001)]
