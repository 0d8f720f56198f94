"""The controller's queue: no event is lost, of pictures the newest stay."""

from __future__ import annotations

from core.events import Event, FrameRead, Instant, Tick
from edge.runtime.inbox import MOST_PICTURES, Inbox


def seen(frame_id: int, at: Instant) -> FrameRead:
    return FrameRead("entry", at, 100.0, frame_id, (640, 480), (), None, frozen=False)


def taken(inbox: Inbox) -> list[Event]:
    return [item.event for item in iter(lambda: inbox.take(0), None)]


def test_order_is_kept(noon: Instant) -> None:
    """Events come out as they went in."""
    inbox = Inbox()
    for event in (seen(1, noon), Tick(noon), seen(2, noon)):
        inbox.put(event)
    assert [seen(1, noon), Tick(noon), seen(2, noon)] == taken(inbox)


def test_old_pictures_give_way_and_nothing_else(noon: Instant) -> None:
    """When the controller is behind, the oldest pictures are dropped and counted; a press of a button never is."""
    inbox = Inbox()
    inbox.put(Tick(noon))
    for frame_id in range(MOST_PICTURES + 3):
        inbox.put(seen(frame_id, noon))
    found = taken(inbox)
    assert Tick(noon) == found[0]
    assert list(range(3, MOST_PICTURES + 3)) == [event.frame_id for event in found if isinstance(event, FrameRead)]
    assert 3 == inbox.dropped
