"""Talk on standard error."""

import time

from correlate_cli.talk import Talk, peak_bytes


def test_stages_are_timed_in_the_order_met():
    talk = Talk(is_shown=False)
    for stage in ("read", "read", "match"):
        talk(stage, 1, 2)
    talk.finish()
    assert [stage for stage, _seconds, _peak in talk.times()] == ["read", "match"]
    assert all(seconds >= 0 for _stage, seconds, _peak in talk.times())


def test_memory_is_told_where_the_system_tells_it():
    talk = Talk(is_shown=False)
    talk("read", 1, 2)
    talk.finish()
    ((_stage, _seconds, peak),) = talk.times()
    assert (peak == "") == (peak_bytes() == 0)


def test_progress_is_drawn_only_where_it_is_shown(capsys):
    Talk(is_shown=False)("read", 1, 2)
    assert capsys.readouterr().err == ""
    shown = Talk(is_shown=True)
    shown("read", 1, 2)
    shown.finish()
    assert "reading 50 %" in capsys.readouterr().err


def test_what_an_earlier_run_had_done_is_no_measure_of_the_pace(capsys, monkeypatch):
    """A resumed run: 50 of 60 parts lay there; two more took 10 s, so eight take 40."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    talk = Talk(is_shown=True)
    talk("parts", 50, 60)
    now[0] += 10
    talk("parts", 52, 60)
    assert capsys.readouterr().err.endswith("correlating part by part 86 %, 40 s left")
