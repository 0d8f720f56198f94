"""Which way does a vehicle at the exit go? One that only drives away from the barrier enters: it is not let out."""

from __future__ import annotations

from core.rules.visit import ExitRules
from core.turn.sighting import Classification, Ground, Kind, Scene
from core.turn.state import LaneState
from core.visit.standstill import cut_off, fills
from core.visit.track import Way
from core.visit.visit import Visit


def goes_the_other_way(visit: Visit, lane: LaneState, mono: float, rules: ExitRules) -> bool:
    """Whether a vehicle at the exit is known to drive away from the barrier, rather than wait or approach."""
    track = visit.motion.plate_track if visit.motion.plate is not None else visit.motion.vehicle_track
    if track.came is not lane.way_back(rules) or track.way is Way.STANDS:
        return False
    if track.last is None or visit.motion.plate is None or mono - track.last <= rules.given_up_s:
        return True
    # Its plate is out of view. What is still seen may be its foreground, or another vehicle that waits.
    return visit.motion.standstill.seconds(mono) < rules.given_up_s and mono - track.last < rules.other_way_s


def other_way(visit: Visit, scene: Scene, rules: ExitRules) -> Classification | None:
    """Why a vehicle at the exit is not leaving, or not yet known to be leaving. None if it leaves or may leave."""
    if goes_the_other_way(visit, scene.lane, scene.mono, rules):
        return Kind.OTHER_WAY, Ground.GOES_AWAY
    if visit.motion.plate is not None and visit.motion.plate_first is not None:
        known = visit.motion.plate_track.way is not Way.UNKNOWN or visit.motion.plate_track.came is not Way.UNKNOWN
        soon = scene.mono - visit.motion.plate_first < rules.direction_s
    else:
        known = visit.motion.vehicle_track.way is not Way.UNKNOWN or not _edge_hides(scene)
        soon = scene.seen_for_s(visit) < rules.edge_direction_s
    return (Kind.UNKNOWN, Ground.WHICH_WAY) if soon and not known else None


def _edge_hides(scene: Scene) -> bool:
    """Whether the picture's edge hides part of the vehicle.

    One that spans the picture is there, whichever way it goes.
    """
    frame, rules = scene.frame, scene.rules
    return cut_off(frame, rules) and frame.vehicle is not None and not fills(frame.vehicle, frame, rules)
