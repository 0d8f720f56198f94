"""Imports every table, so that the metadata is complete."""

from __future__ import annotations

from cloud.db.accounts import Account, Attempt, Consent, Device, MailToken, Registration
from cloud.db.api_tokens import ApiToken, Scope
from cloud.db.audit import AuditEntry
from cloud.db.base import Base, UtcDateTime, utc_now
from cloud.db.calls import Call
from cloud.db.cells import Arrival, ArrivalRow, ArrivalState, DepartedCredential, Departure
from cloud.db.chores import Chore
from cloud.db.couriers import PushMessage, PushSubscription, Webhook, WebhookEvent
from cloud.db.fleet import Release, ReleasePiece, Rollout, RolloutGate
from cloud.db.foot_passes import FootPass
from cloud.db.gates import Command, EventNote, Gate, GateEvent, PairingCode
from cloud.db.gone import GoneGate, GoneTerritory
from cloud.db.invitations import Invitation
from cloud.db.jobs import Job, JobFile, JobState
from cloud.db.letters import Letter, LetterState
from cloud.db.passes import Pass
from cloud.db.people import ObjectQuota, Unwelcome
from cloud.db.quiet import HeldNotice, Kind, Outcome
from cloud.db.quotas import GateQuota
from cloud.db.telegram import TelegramChat, TelegramCode, TelegramMessage, TelegramUpdate
from cloud.db.territories import Membership, MemberState, Role, Territory
from cloud.db.visit_days import VisitDay

__all__ = [
    "Account",
    "ApiToken",
    "Arrival",
    "ArrivalRow",
    "ArrivalState",
    "Attempt",
    "AuditEntry",
    "Base",
    "Call",
    "Chore",
    "Command",
    "Consent",
    "DepartedCredential",
    "Departure",
    "Device",
    "EventNote",
    "FootPass",
    "Gate",
    "GateEvent",
    "GateQuota",
    "GoneGate",
    "GoneTerritory",
    "HeldNotice",
    "Invitation",
    "Job",
    "JobFile",
    "JobState",
    "Kind",
    "Letter",
    "LetterState",
    "MailToken",
    "MemberState",
    "Membership",
    "ObjectQuota",
    "Outcome",
    "PairingCode",
    "Pass",
    "PushMessage",
    "PushSubscription",
    "Registration",
    "Release",
    "ReleasePiece",
    "Role",
    "Rollout",
    "RolloutGate",
    "Scope",
    "TelegramChat",
    "TelegramCode",
    "TelegramMessage",
    "TelegramUpdate",
    "Territory",
    "Unwelcome",
    "UtcDateTime",
    "VisitDay",
    "Webhook",
    "WebhookEvent",
    "utc_now",
]
