"""Talk on standard error."""

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
