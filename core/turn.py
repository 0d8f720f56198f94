"""One step of the gate in the making: the lanes as they change, the effects as they come.

A `Turn` lives only inside `core.gate.step`; what it starts from and what it answers are immutable values.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from core.classify import Scene, came_back, confirmed, goes_the_other_way, named_by
from core.decide import Judgement, judge
from core.events import (
    BarrierActed,
    ConsumePass,
    Effect,
    ForgetEvidence,
    FrameRead,
    KeepEvidence,
    OpenBarrier,
    PassageSeen,
    RecordVisit,
    VehiclePresence,
)
from core.instant import Instant
from core.lane import observe
from core.openings import OTHERS, answered, expired, joined, lone_record, used_up
from core.passes import PassList
from core.policy import Direction, Lane
from core.reasons import Reason
from core.recent import forgotten, kept, not_passed, remembered, seen_again
from core.record import OPENED, Opening
from core.ripe import enough, hindrance, last_word, may_ask
from core.rules import EntryRules, ExitRules, Rules
from core.standing import list_age_s
from core.state import GateState, LaneState
from core.track import Way
from core.visit import Visit
from core.why import Rule, step_of

NO_ANSWER_S = 1.0
"""How long after a request's end the relay's silence counts as a failure."""


class Turn:
    """The gate between two states."""

    def __init__(self, state: GateState) -> None:
        self.state = state
        self.policy = state.site.policy
        self.lanes: list[LaneState] = list(state.lanes)
        self.recent = state.recent
        self.consumed = state.consumed
        self.count = state.count
        self.passes = state.passes
        self.openings: list[Effect] = []
        self.effects: list[Effect] = []

    def answer(self) -> tuple[GateState, tuple[Effect, ...]]:
        """The new state, and the effects with the openings first."""
        state = replace(
            self.state,
            passes=self.passes,
            lanes=tuple(self.lanes),
            recent=self.recent,
            consumed=self.consumed,
            count=self.count,
        )
        return state, (*self.openings, *self.effects)

    # -- events -------------------------------------------------------------------------------------------------

    def frame(self, frame: FrameRead) -> None:
        number = self._lane_number(frame.lane)
        if number is None:
            return
        before = {visit.id: visit for visit in self.lanes[number].visits}
        self.lanes[number], touched = observe(
            self.lanes[number], frame, partial(self._new_id, frame.lane), self._rules(number)
        )
        lane = self.lanes[number]
        self.recent = seen_again(self.recent, lane.lane, lane.visits, frame.at.mono)
        for lost in before.keys() - {visit.id for visit in self.lanes[number].visits}:
            self.effects.append(ForgetEvidence(lost, frame.lane, before[lost].dropped(lane.lane)))
        for visit_id in touched:
            visit = self._visit(number, visit_id)
            if visit is not None:
                self._consider(number, visit, frame)

    def list_changed(self, passes: PassList) -> None:
        self.passes = passes
        if self.consumed:  # what the new list knows to be used, or does not hold any more, needs no memory here
            self.consumed = frozenset(item.id for item in passes if item.id in self.consumed and not item.used)

    def camera_changed(self, name: str, *, alive: bool) -> None:
        number = self._lane_number(name)
        if number is not None:
            self.lanes[number] = replace(self.lanes[number], camera_alive=alive)

    def barrier_acted(self, event: BarrierActed) -> None:
        for number, lane in enumerate(self.lanes):
            for visit in lane.visits:
                if any(opening.request_id == event.request_id for opening in visit.openings):
                    held = answered(visit, event)
                    self._put(number, held)
                    if not held.through:  # another may have opened for it meanwhile
                        self.recent = forgotten(self.recent, visit)
                    return
        if event.reason not in OTHERS or event.outcome not in OPENED:
            return  # an answer to a visit that is over, or an attempt of another that opened nothing
        found = joined(self.lanes, event)
        if found is not None:
            number, visit = found
            self._put(number, visit)
            self._remember(number, visit, event.at)
            return
        record = lone_record(
            self._new_id(event.lane or event.barrier),
            self.state.site.lane(event.lane) if event.lane is not None else None,
            event,
            list_version=self.passes.version,
            list_age_s=list_age_s(self.passes, event.at),
        )
        self.effects.append(RecordVisit(record))

    def passage(self, event: PassageSeen) -> None:
        for number, lane in enumerate(self.lanes):
            if lane.lane.barrier != event.barrier or event.lane not in {None, lane.lane.name}:
                continue
            for visit in lane.visits:
                if visit.through or visit.owed is not None:
                    step = step_of(Rule.PASSAGE, event.at.mono, outcome=event.outcome)
                    self._put(number, replace(visit.noted(step), backed_out=event.outcome == "backed_out"))
        if event.outcome == "backed_out":
            self.recent = not_passed(self.recent, event.barrier, event.lane)

    def presence(self, event: VehiclePresence) -> None:
        number = self._lane_number(event.lane)
        if number is None:
            return
        lane = self.lanes[number]
        loops = lane.loops | {event.loop} if event.present else lane.loops - {event.loop}
        visits = lane.visits
        if event.present and not visits:
            step = step_of(Rule.SEEN, event.at.mono, how="loop")
            visits = (Visit(self._new_id(lane.lane.name), event.at, event.at, confirmed=True).noted(step),)
        self.lanes[number] = replace(lane, loops=loops, visits=visits)

    def time_passed(self, at: Instant) -> None:
        """Ends what is over: visits whose vehicle has gone, requests without an answer, openings long ago, patience."""
        unseen_s = {lane.lane.name: self._rules(number).standing_unseen_s for number, lane in enumerate(self.lanes)}
        self.recent = kept(self.recent, at.mono, unseen_s=unseen_s)
        for number, lane in enumerate(self.lanes):
            for visit in lane.visits:
                held = expired(visit, at, after_s=self.policy.request_ttl_s + NO_ANSWER_S)
                if visit.through and not held.through:
                    self.recent = forgotten(self.recent, held)
                if lane.loops and visit is lane.visits[-1] and not self._driven_on(lane, visit, at):
                    held = replace(held, last=at)  # it stands on a loop: it is there, seen or not
                if at.mono - held.last.mono > self.policy.visit_gap_s:
                    self._end(number, held, at, Rule.GONE)
                    continue
                if held is not visit:
                    self._put(number, held)
                if held.confirmed and not held.silent:
                    self._deadline(number, held, at)

    def stop(self, at: Instant) -> None:
        """Gives every visit in progress its record."""
        for number, lane in enumerate(self.lanes):
            for visit in lane.visits:
                self._end(number, visit, at, Rule.STOPPED)

    # -- deciding -----------------------------------------------------------------------------------------------

    def _consider(self, number: int, visit: Visit, frame: FrameRead) -> None:
        """After a frame that showed the vehicle: confirm it, open for it, or note why not."""
        lane = self.lanes[number].lane
        at = frame.at
        if visit.silent:
            arrives = visit.moved_from_anchor() and not self._goes_back(number, visit, at)
            if arrives or (visit.through and visit.backed_out):
                self._begin_again(number, visit, at, restarts=0)
            return
        if visit.best_frame == frame.frame_id:
            self.effects.append(KeepEvidence(visit.id, lane.name, frame.frame_id))
        if not visit.confirmed:
            scene = Scene(self.lanes[number], frame, self.policy, self._rules(number), self.recent)
            visit = confirmed(visit, scene)
            self._put(number, visit)
            owner = named_by(visit, scene) if not visit.confirmed else None
            if owner is not None:
                self._join(number, owner, visit, frame)
        if not visit.confirmed:
            return
        if visit.opened is not None:
            if visit.plate_last == at.mono or visit.plate_last is None or visit.stands(frame):
                self._after_opening(number, visit, at, visit.opened)
            return
        self._try_to_open(number, visit, frame)

    def _join(self, number: int, owner: Visit, sighting: Visit, frame: FrameRead) -> None:
        """Gives a visit, met by other letters on the same car, the plate that was taken for another sighting."""
        lane = self.lanes[number]
        rest = tuple(visit for visit in lane.visits if visit.id != sighting.id)
        self.lanes[number] = replace(lane, visits=rest)
        self.effects.append(ForgetEvidence(sighting.id, lane.lane.name))
        self.effects.append(KeepEvidence(owner.id, lane.lane.name, frame.frame_id))
        joined_visit = owner.named(sighting, frame)
        self._put(number, joined_visit)
        self._remember(number, joined_visit, frame.at)

    def _try_to_open(self, number: int, visit: Visit, frame: FrameRead) -> None:
        lane = self.lanes[number].lane
        judgement = self._judge(lane, visit, frame.at)
        if not judgement.opens or not enough(visit, judgement, lane.direction, self.policy):
            return
        hindered = hindrance(self.lanes[number], visit, frame, self.policy)
        if hindered is not None:
            self._put(number, visit.noted(hindered))
        elif may_ask(visit, frame.at, lane.direction, self.policy):
            self._ask(number, visit, judgement, frame.at)

    def _judge(self, lane: Lane, visit: Visit, at: Instant) -> Judgement:
        waited_s = at.mono - (visit.plate_first if visit.plate_first is not None else visit.first.mono)
        patient = waited_s >= self.policy.refuse_after_s and len(visit.fusion.looks) >= 2
        return judge(
            visit.reading,
            self.passes,
            at,
            direction=lane.direction,
            policy=self.policy,
            consumed=self.consumed,
            near=patient,
        )

    def _ask(self, number: int, visit: Visit, judgement: Judgement, at: Instant) -> None:
        lane = self.lanes[number].lane
        request_id = str(uuid5(NAMESPACE_URL, f"{visit.id}/{len(visit.openings)}"))
        track = visit.track
        if track.way is Way.STANDS and track.came is not Way.UNKNOWN:
            self.lanes[number] = self.lanes[number].learnt(nearer=track.came is Way.NEARER)
        self.openings.append(
            OpenBarrier(request_id, lane.name, lane.barrier, judgement.reason, at.mono + self.policy.request_ttl_s)
        )
        opening = Opening(request_id, judgement.reason, at, "asked")
        visit = replace(
            visit.judged(judgement, at).noted(step_of(Rule.ASKED, at.mono, reason=judgement.reason.value)),
            openings=(*visit.openings, opening),
        ).anchored()
        self._put(number, visit)
        self._remember(number, visit, at)

    def _deadline(self, number: int, visit: Visit, at: Instant) -> None:
        """Tells a refusal once waiting is over; later frames may still change it. Ends what stands for too long."""
        lane = self.lanes[number].lane
        if not visit.through and lane.direction is Direction.ENTRY:
            since = visit.plate_first if visit.reading.text else None
            late = (
                at.mono - since >= self.policy.refuse_after_s
                if since is not None
                else at.mono - visit.first.mono >= self.policy.unreadable_after_s
            )
            judgement = self._judge(lane, visit, at) if late else None
            if judgement is not None and not judgement.opens:
                visit = visit.judged(judgement, at)
                self._put(number, visit)
        if not visit.through and at.mono - visit.first.mono >= self.policy.parked_after_s:
            # more frames than the one it may have begun with: a camera sees it
            if lane.direction is Direction.EXIT and visit.frames > 1:
                self._keep_trying(number, visit, at)
            else:
                self._park(number, visit, at)

    def _driven_on(self, lane: LaneState, visit: Visit, at: Instant) -> bool:
        """Whether it was let through so long ago that a loop says no more of it; one whose camera is lost is believed."""
        if visit.opened is None or not lane.camera_alive:
            return False
        return at.mono - visit.opened.mono >= self.policy.same_car_patience_s

    # -- after an opening, and the end --------------------------------------------------------------------------

    def _after_opening(self, number: int, visit: Visit, at: Instant, opened: Instant) -> None:
        """A car that is there long after its opening: it is opened for again once it moves, or is told not to have passed."""
        waited_s = at.mono - opened.mono
        if waited_s < self.policy.same_car_patience_s:
            return
        visit = visit.noted(step_of(Rule.STILL_THERE, at.mono, age=f"{waited_s:.0f} s"))
        self._put(number, visit)
        lane = self.lanes[number]
        rules = self._rules(number)
        leaving = isinstance(rules, ExitRules) and not self._goes_back(number, visit, at)
        moved = visit.backed_out or (leaving and visit.moved_from_anchor())
        told = visit.restarts < rules.most_restarts and (
            self._alone_on_a_loop(lane, visit, at) or _stirs(visit, opened, rules)
        )
        if moved or told:
            self._write(number, visit, at, consume=False)
            self._begin_again(number, visit, at, restarts=0 if moved else visit.restarts + 1)
        else:
            self._park(number, visit, at)

    def _goes_back(self, number: int, visit: Visit, at: Instant) -> bool:
        """Whether a car opened for at the exit drives back in: it asks for nothing until it stands or comes."""
        rules = self._rules(number)
        return isinstance(rules, ExitRules) and goes_the_other_way(visit, self.lanes[number], at.mono, rules)

    def _alone_on_a_loop(self, lane: LaneState, visit: Visit, at: Instant) -> bool:
        """Whether a loop says that a vehicle is there, and it can be no other than this one."""
        return bool(lane.loops) and not any(
            other.id != visit.id and not other.rooted(at.mono) and other.last.mono > at.mono - self.policy.visit_gap_s
            for other in lane.visits
        )

    def _begin_again(self, number: int, visit: Visit, at: Instant, *, restarts: int) -> None:
        """A new visit of the vehicle in view, which has to be read again."""
        lane = self.lanes[number].lane
        owed = used_up(visit, visit.judgement, lane)
        fresh = visit.again(self._new_id(lane.name), at, restarts=restarts, owed=owed)
        self._put(number, fresh.noted(step_of(Rule.SEEN, at.mono, how="again")), instead_of=visit.id)

    def _keep_trying(self, number: int, visit: Visit, at: Instant) -> None:
        """Nobody is kept in: what could not be let out gets its record, and a visit that asks on."""
        visit = visit.noted(step_of(Rule.KEPT_IN, at.mono, age=f"{at.mono - visit.first.mono:.0f} s"))
        self._write(number, visit, at, consume=False)
        self._begin_again(number, visit, at, restarts=0)

    def _park(self, number: int, visit: Visit, at: Instant) -> None:
        """Records the visit and watches the vehicle in silence until it moves or leaves."""
        if not visit.through:
            visit = visit.noted(step_of(Rule.PARKED, at.mono, age=f"{at.mono - visit.first.mono:.0f} s"))
        self._write(number, visit, at, consume=False)
        self._put(number, replace(visit, silent=True).anchored())

    def _end(self, number: int, visit: Visit, at: Instant, rule: Rule) -> None:
        """The vehicle has gone, or the watch is over."""
        lane = self.lanes[number]
        self.lanes[number] = replace(lane, visits=tuple(held for held in lane.visits if held.id != visit.id))
        # A gate that stops does not see its car go in: the barrier was opened for it, and that counts as the passage.
        opened = visit.owed is not None or (bool(visit.openings) and visit.openings[-1].outcome in OPENED)
        consume = rule is Rule.GONE or opened
        if not visit.confirmed and came_back(visit, self._rules(number)):
            self._write(number, visit.noted(step_of(rule, at.mono)), at, consume=False, reason=Reason.ALREADY_OPENED)
        elif not visit.confirmed:
            self.effects.append(ForgetEvidence(visit.id, lane.lane.name, visit.dropped(lane.lane)))
        elif not visit.silent:
            self._write(number, visit.noted(step_of(rule, at.mono)), at, consume=consume)
        elif consume:
            self._consume(visit, visit.judgement, lane.lane, at)

    def _write(self, number: int, visit: Visit, at: Instant, *, consume: bool, reason: Reason | None = None) -> None:
        """The visit's one record, and what becomes of a one-time pass; `reason` says why it was not even judged."""
        lane = self.lanes[number].lane
        judgement = visit.judgement if visit.openings and visit.judgement is not None else None
        if judgement is None:
            judgement = self._judge(lane, visit, at)
            if reason is not None:
                judgement = replace(judgement, opens=False, reason=reason, trace=())
            judgement = last_word(visit, judgement, lane.direction, self.policy, at)
            visit = visit.judged(judgement, at)
        elif lane.direction is Direction.EXIT:
            # The exit was free before the plate could be read well: name it as the last frames read it.
            judgement = replace(self._judge(lane, visit, at), trace=())
        if consume:
            visit = self._consume(visit, judgement, lane, at)
        self.effects.append(RecordVisit(visit.record(lane, judgement, self.passes, at)))

    def _consume(self, visit: Visit, judgement: Judgement | None, lane: Lane, at: Instant) -> Visit:
        """Uses up the one-time pass by which the vehicle has gone in."""
        item = used_up(visit, judgement, lane)
        if item is None:
            return visit
        self.consumed |= {item.id}
        self.effects.append(ConsumePass(item.id, visit.id))
        return visit.noted(step_of(Rule.CONSUMED, at.mono, pass_=item.id))

    # -- bookkeeping --------------------------------------------------------------------------------------------

    def _remember(self, number: int, visit: Visit, at: Instant) -> None:
        """Keeps the plate of a car let through, so that the same car is not met as a new one."""
        self.recent = remembered(self.recent, visit, self.lanes[number].lane, at.mono, self.policy)

    def _rules(self, number: int) -> EntryRules | ExitRules:
        return self.state.site.rules(self.lanes[number].lane.direction)

    def _new_id(self, lane: str) -> str:
        self.count += 1
        return str(uuid5(NAMESPACE_URL, f"okter-gate:{self.state.site.run_id}/{lane}/{self.count}"))

    def _lane_number(self, name: str) -> int | None:
        return next((number for number, lane in enumerate(self.lanes) if lane.lane.name == name), None)

    def _visit(self, number: int, visit_id: str) -> Visit | None:
        return next((visit for visit in self.lanes[number].visits if visit.id == visit_id), None)

    def _put(self, number: int, visit: Visit, *, instead_of: str | None = None) -> None:
        """Replaces the visit of the same id (or `instead_of`) in its lane."""
        old = instead_of or visit.id
        lane = self.lanes[number]
        self.lanes[number] = replace(lane, visits=tuple(visit if held.id == old else held for held in lane.visits))


def _stirs(visit: Visit, opened: Instant, rules: Rules) -> bool:
    """Whether the outline of a vehicle without a plate at the exit has changed since: it may be the one that came behind."""
    if not isinstance(rules, ExitRules) or visit.plate_box is not None:
        return False
    return visit.rest.since > opened.mono + rules.stirring_s
