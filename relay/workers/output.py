"""One relay of a board: closed for a pulse or hold, opened in time, read back. Belongs to the worker thread.

The end of each closing is set before it begins (`off_at`). The worker calls `switch_off` when it is due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from core.words.language import say
from relay.boards.seam import Acknowledgement, Board, Contact, Health
from relay.errors import BoardRefused
from relay.workers.jobs import CommandFailed, ContactSeen, Keep, Off, OutputOff, OutputOn, Pulse
from relay.workers.port import PORT_ERRORS, About, Port

log = logging.getLogger(__name__)

CONFIRM_ROOM_S = 0.1
"""Asking whether the contact has closed takes the board's longest answer; at least this much more of the pulse must
remain."""
ASK_AT_MOST_S = 0.6
"""No question about a contact starts later than this after its command, because the requester waits for the result."""
OFF_TRIES = 5
"""OFF is sent at most this many times before a contact that stays closed raises an alarm."""
OFF_AGAIN_S = 0.15
BLIND_OFFS = 4
"""How often OFF is sent to a contact that cannot be read back: any of them may be lost on the wire."""
STUCK_AGAIN_S = 1.0
KEEP_AGAIN_S = 5.0
"""If a board briefly loses power, the contact of a hold is closed again within this time."""
BOARD_PULSE_MARGIN_S = 0.3
"""A pulse timed by the board is checked this long after it should have ended."""


class Output:
    """One relay as the worker last left it, and its operations."""

    def __init__(self, channel: int, port: Port) -> None:
        self.channel = channel
        self.token = 0
        """Token of the last command."""
        self.off_at: float | None = None
        """When OFF is due; None while the contact is open."""
        self.repeat_at: float | None = None
        """When to repeat OFF although the end was reported, to a contact that has not been seen open."""
        self.may_be_closed = False
        """It was closed here and has not been opened since. Other threads read this too."""
        self._port = port
        self._tries = 0
        self._board_timed = False
        self._renew_at = 0.0
        """When to send ON again to a contact that is kept closed."""
        self._contact = Contact.UNKNOWN
        self._told_off = True
        """Whether the end of the last command has been reported."""
        self._said_last = False
        """Whether the OFF that ends the thread was sent."""

    # -- what is asked for ---------------------------------------------------------------------------------------

    def pulse(self, job: Pulse) -> None:
        """Closes the contact; `switch_off` is due when the pulse is over."""
        now = self._port.now
        if now() > job.expires:
            self.refuse(job.token, "expired", say("просьба устарела"))
            return
        self._begin(job.token)
        self.may_be_closed = True
        # Set the end before the beginning: if closing the contact raises an error half way, OFF is still due.
        self.off_at = now() + job.seconds
        self._board_timed = self._port.board.times_pulses

        def close(board: Board) -> Acknowledgement:
            if self._board_timed:
                return board.pulse(self.channel, seconds=job.seconds)
            return board.switch(self.channel, on=True)

        def send() -> Acknowledgement:
            answer = self._port.command(close)
            self.off_at = now() + job.seconds + (BOARD_PULSE_MARGIN_S if self._board_timed else 0.0)
            return answer

        self._close(send)

    def keep(self, job: Keep) -> None:
        """Closes the contact or extends its lease; `switch_off` is due if nobody renews it."""
        fresh = self.token != job.token or self.off_at is None
        if fresh and job.token == self.token:
            return  # its lease ran out before the renewal came; the controller hears of the end and starts anew
        self._begin(job.token)
        self.may_be_closed = True
        self.off_at = job.until
        if fresh or self._board_timed or self._port.now() >= self._renew_at:
            self._board_timed = False
            self._renew_at = self._port.now() + KEEP_AGAIN_S
            if fresh:
                self._close(lambda: self._switch(on=True))
            else:
                self._send(on=True)

    def off(self, job: Off) -> None:
        """OFF is due now, as the end of the command `job.token`."""
        self._begin(job.token)
        self.off_at = self._port.now()
        self._board_timed = False

    def off_again(self) -> None:
        """OFF is due now, if the contact should be open already."""
        if self.off_at is None:
            self.off_at, self._tries = self._port.now(), 0

    def refuse(self, token: int, why: str, detail: str) -> None:
        """Reports the failure of a command that is not even tried."""
        self._port.report(CommandFailed(self._port.name, self.channel, token, why, detail))

    def _begin(self, token: int) -> None:
        self.token, self._tries, self._told_off = token, 0, False
        self.repeat_at = None  # belongs to the previous command, and must not end this one

    def _close(self, send: Callable[[], Acknowledgement]) -> None:
        """Sends the command. Reports whether the board confirms it, by its answer or by the state of the contact."""
        self._contact = Contact.UNKNOWN
        try:
            answer = send()
        except BoardRefused as error:  # the board is there and refuses; OFF follows all the same
            self._port.missed(About.RELAY, error)
            self._told_off = True
            self.off_at = self._port.now()
            self.refuse(self.token, Health.NONSENSE, str(error))
            return
        if answer.heard:  # nobody has to wait for the read-back
            self._report_on(confirmed=True)
            self._see_closed(send, answer)
        else:
            self._confirm(self._see_closed(send, answer))
        self._report_contact()

    def _see_closed(self, send: Callable[[], Acknowledgement], answer: Acknowledgement) -> Acknowledgement:
        """Checks by read-back that the contact has closed; if not, repeats the command. Never delays the end."""
        until = self._port.now() + ASK_AT_MOST_S - (self._port.board.reply_s if answer.heard is False else 0.0)
        if self._time_to_ask(until) and self._read() is Contact.UNKNOWN and self._time_to_ask(until):
            self._read()  # a wire loses an answer now and then
        if self._contact is not Contact.OFF or (self._board_timed and answer.heard):
            return answer
        log.warning("плата %s: реле %d не замкнулось; замыкаем снова", self._port.name, self.channel)
        try:
            answer = send()
        except BoardRefused as error:
            self._port.missed(About.RELAY, error)
        if self._time_to_ask(until):
            self._read()
        return answer

    def _time_to_ask(self, until: float) -> bool:
        assert self.off_at is not None
        board, now = self._port.board, self._port.now()
        return board.reads_back and now <= until and self.off_at - now >= board.reply_s + CONFIRM_ROOM_S

    def _confirm(self, answer: Acknowledgement) -> None:
        """Reports whether the contact has closed, and what speaks against it. Unknown is a result of its own."""
        port = self._port
        if self._contact is Contact.ON or answer.heard:
            self._report_on(confirmed=True)
        elif self._contact is Contact.OFF:
            self._report_on(confirmed=False, detail=say("плата говорит, что контакт не замкнулся"))
        elif answer.heard is False:
            self._report_on(confirmed=False, detail=str(answer.trouble or say("плата не ответила")))
        elif port.board.reads_back and port.in_doubt:
            self._report_on(confirmed=False, detail=say("плата не отвечает о реле"))
        else:
            self._report_on(confirmed=None)

    def _report_on(self, *, confirmed: bool | None, detail: str = "") -> None:
        port = self._port
        port.report(OutputOn(port.name, self.channel, self.token, confirmed, detail))

    # -- what time brings ----------------------------------------------------------------------------------------

    def switch_off(self) -> None:
        """Tries once to open the contact. If the board says that it is still closed, the next try is due soon."""
        if self._board_timed:
            self._board_timed = False
            if self._read() is Contact.OFF:
                self._ended(confirmed=True)
                return
        self._send(on=False)
        self._tries += 1
        contact, now = self._read(), self._port.now
        if contact is Contact.OFF:
            self._ended(confirmed=True)
        elif contact is Contact.UNKNOWN and (not self._port.board.reads_back or self._tries >= 2):
            self._ended(confirmed=None)
            self.repeat_at = now() + OFF_AGAIN_S
        elif self._tries < OFF_TRIES:
            self.off_at = now() + OFF_AGAIN_S
        else:
            self.off_at = now() + STUCK_AGAIN_S
            self._report_off_and_contact(confirmed=False)

    def repeat_off(self) -> None:
        """Repeats OFF to a contact that cannot be read back."""
        self._send(on=False)
        self._tries += 1
        self.repeat_at = self._port.now() + OFF_AGAIN_S if self._tries < BLIND_OFFS else None

    def look(self) -> None:
        """While idle: is the contact open? One that cannot be read gets OFF: somebody else may have closed it."""
        before = self._contact
        contact = self._read()
        while contact is Contact.UNKNOWN and self._port.in_doubt and not self._port.silent(About.RELAY):
            contact = self._read()  # a wire loses an answer now and then
        if contact is Contact.ON:  # switched on by somebody else, or never switched off
            self.off_again()
        elif contact is Contact.UNKNOWN and not self._port.wanted():
            self._send(on=False)
        if contact is not before:
            self._report_contact()

    def _ended(self, *, confirmed: bool | None) -> None:
        self.off_at = None
        self.may_be_closed = False
        self._report_off_and_contact(confirmed=confirmed)

    def _report_off_and_contact(self, *, confirmed: bool | None) -> None:
        self._report_off(confirmed=confirmed)
        self._report_contact()

    # -- when the port goes --------------------------------------------------------------------------------------

    def lost(self, health: Health, detail: str) -> None:
        """The board is unreachable: the state of the contact is unknown, and the running command has failed."""
        self._contact = Contact.UNKNOWN
        if not self._told_off:
            self._told_off = True
            self.refuse(self.token, health, detail)
        self.off_at = self.repeat_at = None
        self._report_contact()

    # -- the end -------------------------------------------------------------------------------------------------

    def last_off(self) -> bool:
        """Sends OFF while the thread ends, whatever the state of the port. Returns False if that is impossible."""
        try:
            self._port.last_off(self.channel)
        except PORT_ERRORS as error:
            self._contact, self._said_last = Contact.UNKNOWN, False
            log.warning("плата %s: размыкание в конце не удалось: %s", self._port.name, error)
            return False
        self._said_last = True
        return True

    def last_look(self) -> Contact:
        """Reads whether the last OFF was obeyed."""
        try:
            return self._read()
        except PORT_ERRORS as error:
            self._contact = Contact.UNKNOWN
            log.warning("плата %s: нет ответа о последнем размыкании: %s", self._port.name, error)
            return Contact.UNKNOWN

    @property
    def off_sure(self) -> bool:
        """Whether the last OFF was sent and, if the board can read back, confirmed."""
        port = self._port
        blind = self._contact is Contact.UNKNOWN and not port.board.reads_back and port.health is not Health.NONSENSE
        return self._said_last and (self._contact is Contact.OFF or blind)

    def tell_end(self) -> None:
        """Reports how the last command ended."""
        self._report_off(confirmed={Contact.OFF: True, Contact.ON: False, Contact.UNKNOWN: None}[self._contact])

    # -- within --------------------------------------------------------------------------------------------------

    def _switch(self, *, on: bool) -> Acknowledgement:
        return self._port.command(lambda board: board.switch(self.channel, on=on))

    def _send(self, *, on: bool) -> None:
        """If the board refuses, that is reported, and OFF or ON is repeated as if the board had not heard it."""
        try:
            self._switch(on=on)
        except BoardRefused as error:
            self._port.missed(About.RELAY, error)

    def _read(self) -> Contact:
        self._contact = self._port.contact(self.channel)
        return self._contact

    def _report_contact(self) -> None:
        self._port.report(ContactSeen(self._port.name, self.channel, self._contact))

    def _report_off(self, *, confirmed: bool | None) -> None:
        """Reports the end of the last command, once."""
        if not self._told_off:
            self._told_off = True
            self._port.report(OutputOff(self._port.name, self.channel, self.token, confirmed))
