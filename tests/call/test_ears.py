"""What makes a lane ring is heard, and nothing else is."""

from __future__ import annotations

from edge.call.ears import ButtonEar
from edge.runtime.alarms import Alarms, Fault
from edge.runtime.call_watch import SILENT_S, CallWatch
from relay.fake import FakeRelay
from relay.protocol import EventKind
from tests.patience import until


def test_presses_are_heard_and_a_relay_that_comes_back_too(caplog):
    """Of all that the relay process publishes the call button alone rings; a relay process that restarts is met again."""
    relay, pressed = FakeRelay(), []
    ear = ButtonEar(relay, pressed=pressed.append)
    ear.start()
    try:
        until(lambda: relay._streams)
        relay.publish(EventKind.PRESENCE, lane="entry", what="entry_loop", outcome="on")
        relay.publish(EventKind.PRESENCE, lane="exit", what="call_button", outcome="on")
        until(lambda: pressed == ["exit"])
        relay.absent = True
        until(lambda: "кнопка вызова не слышна" in caplog.text)
        relay.absent = False
        until(lambda: len(relay._streams) == 2)
        relay.publish(EventKind.PRESENCE, lane="entry", what="call_button", outcome="on")
        until(lambda: pressed == ["exit", "entry"])
    finally:
        ear.stop()
        ear.join()


def test_silence_of_the_call_process_is_an_alarm_and_no_more():
    """Raised after a minute without a sign of life where calls are wanted, cleared by the next sign."""
    now = [0.0]
    alarms = Alarms()
    watch = CallWatch(alarms, wanted=True, now=lambda: now[0])
    watch.look()
    assert () == alarms.current()

    now[0] = SILENT_S + 1
    watch.look()
    assert [Fault.CALL_DEAD.value] == [one.code for one in alarms.current()]

    watch.heard()
    watch.look()
    assert () == alarms.current()


def test_where_calls_are_off_nobody_misses_them():
    """No alarm on a box without calls."""
    now = [0.0]
    alarms = Alarms()
    watch = CallWatch(alarms, wanted=False, now=lambda: now[0])
    now[0] = 1e6
    watch.look()

    assert () == alarms.current()
