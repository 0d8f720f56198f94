"""The state of a call, as its page receives it."""

from __future__ import annotations

from typing import Any

from cloud.calls import desk, ice
from cloud.calls.course import Phase
from cloud.calls.evidence import NOTHING
from cloud.calls.words import ENDINGS, evidence_words
from cloud.db.models import Call
from cloud.domain.answers import Answer, answer_of
from cloud.web.context import Context
from cloud.web.words import ANSWERS


def call_state(page: Context, row: Call) -> dict[str, Any]:
    """For the page's script. Data for the person who talks go only to that session."""
    standing = desk.course_of(row, page.now)
    mine = page.device is not None and desk.talks(row, account_id=page.me.id, device=page.device.id)
    talking = mine and standing.phase is Phase.ANSWERED
    evidence = desk.seen_and_heard(row, now=page.now) if talking else NOTHING
    picture, sound = evidence_words(evidence.picture, evidence.sound)
    told: dict[str, Any] = {
        "phase": standing.phase.value,
        "mine": mine,
        "by": row.answered_by_name,
        "ending": "" if standing.ending is None else page.say(ENDINGS[standing.ending.value]),
        "gate_age_s": round(max(0.0, (page.now - row.gate_at).total_seconds()), 1),
        "picture": evidence.picture.value,
        "sound": evidence.sound.value,
        "evidence": f"{page.say(picture)}, {page.say(sound)}",
        "may_open": talking and (evidence.met or page.territory.calls_unproven),
    }
    if talking:
        opened = desk.openings(page.session, row)
        told |= {
            "attempt": row.attempt,
            "answer": row.answer if row.answered_attempt == row.attempt else "",
            "problem": row.problem,
            "ice": ice.as_browser(ice.servers(page.portal.settings.ice, now=page.now)),
            "opened": page.say(ANSWERS[answer_of(opened[-1], now=page.now)]) if opened else "",
            "done": bool(opened) and answer_of(opened[-1], now=page.now) is Answer.DONE,
        }
    return told
