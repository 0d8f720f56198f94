"""The reads of one visit made into one belief.

Slot log-probabilities are summed over frames, so reads of different length meet as strings, not as votes: a frame
that lost the last digit of 799 only says that padding there was likely. Each frame weighs by its size, its sharpness
and by how well it reads alone, so that a plate under mud does not drown the clear frames after it; near-identical
pictures count once, since the same dirt read twenty times is one piece of evidence, and once more as seen with evened
contrast (ADR 42), and as laid upon those before it (ADR 64); no frame can veto a symbol, since `decode.softened` gives every probability a floor.

Frames of one track are not independent (ADR 58): blur, compression, pose and dirt are shared, the more the nearer two
pictures are in look and size. The sum is therefore worth an effective number of looks (`core.reading.looks.effective`), two or
three however many there are, counted anew for every place of the plate, in which those that did not see it have no voice.

A place is erased in which two values compete, of which no picture alone is sure (`core.reading.looks.doubtful`), which no
picture about as clear as the clearest saw, or which half of these doubt to have seen (`half_seen`). A fused reading is accepted only where one picture alone would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import exp

from core.plates.alphabet import ALPHABET, SLOTS, UNSEEN
from core.plates.grammar import UNSEEN_INDEX
from core.reading.decode import decode, decode_matrix
from core.reading.looks import KEPT, Look, clarity, doubtful, effective, half_seen, rows_of, same_picture
from core.reading.reading import NOTHING, Reading
from core.reading.reads import PlateRead, View
from core.reading.rows import CALIBRATION, Calibration, Matrix, softened, unseen

ILLEGIBLE = 0.2
"""How much a picture that reads as nothing by itself counts, beside a certain one of the same size and sharpness."""
LEAST_WEIGHT = 0.05
AS_CLEAR = 0.6
"""A place was seen by a picture at least so clear, against the clearest: far off a strap is not seen either."""
WORTH_A_COUNT = 0.02
"""From this probability of not having seen a place on, a picture has less of a voice there."""
SURE_TOGETHER = 0.97
"""Pictures that had to be stacked are believed together from here on: small plates mislead all of them in the same way."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """Everything a visit's pictures have said so far. Grows by `added`; never changes in place."""

    looks: tuple[Look, ...] = ()
    reads: int = 0
    """Reads taken in, near-identical ones included."""

    def added(self, read: PlateRead, own: Reading, *, calibration: Calibration = CALIBRATION) -> Fusion:
        """The belief after one more read; `own` is what it decodes to by itself."""
        looks = _joined(self.looks, _look(read, own, calibration))
        if read.stack is not None:
            looks = _joined(looks, _look(read.stack, decode(read.stack, calibration=calibration), calibration))
        return replace(self, looks=looks, reads=self.reads + 1)

    def reading(self, *, calibration: Calibration = CALIBRATION) -> Reading:
        """The posterior over plates from all pictures together, and whether the pictures bear it out."""
        if not self.looks:
            return NOTHING
        reading = decode_matrix(self._matrix(), self._formats(), calibration=calibration)
        return self._borne_out(reading, calibration) if reading.text else reading

    @property
    def pictures(self) -> int:
        """How many different pictures were read; other views of one, and stacks of several, are no more pictures."""
        return _different(look for look in self.looks if look.view is not View.STACKED)

    def supporters(self, text: str) -> int:
        """How many different pictures read as `text` by themselves; two views of one picture are one, all stacks are one."""
        return _different(self._saying(text, stacked=False)) + any(self._saying(text, stacked=True))

    def repeated(self, text: str) -> bool:
        """Whether one picture that reads as `text` came again and read the same."""
        return any(look.seen > 1 for look in self._saying(text, stacked=False))

    def _saying(self, text: str, *, stacked: bool) -> Iterator[Look]:
        """The looks that read as `text` by themselves: those at one picture, or those at stacks, which share their pictures."""
        return (look for look in self.looks if look.text == text and (look.view is View.STACKED) is stacked)

    def _borne_out(self, reading: Reading, calibration: Calibration) -> Reading:
        """The reading with doubtful places erased; accepted only where one picture alone would be."""
        unsure = doubtful(self.looks, reading) | half_seen(
            self._clear(),
            reading.text,
            unseen_above=calibration.unseen_above,
            open_above=calibration.open_above,
        )
        witnessed = any(look.accepted and look.text == reading.text for look in self.looks)
        slots = tuple(
            replace(slot, erased=True) if place in unsure else slot for place, slot in enumerate(reading.slots)
        )
        end = reading.masked[len(slots) :] or (UNSEEN if len(slots) in unsure else "")
        masked = "".join([UNSEEN if slot.erased else slot.symbol for slot in slots]) + end
        doubted = any(look.view is View.STACKED for look in self.looks)
        sure = not doubted or reading.confidence >= SURE_TOGETHER
        accepted = reading.accepted and witnessed and sure and not unsure
        return replace(reading, slots=slots, masked=masked, accepted=accepted, witnessed=witnessed)

    def _clear(self) -> list[Look]:
        """The looks about as clear as the clearest."""
        clear = AS_CLEAR * max(look.clarity for look in self.looks)
        return [look for look in self.looks if look.clarity >= clear]

    def _matrix(self) -> Matrix:
        clear = self._clear()
        everywhere = [look.weight for look in self.looks]
        worth_everywhere = effective(self.looks, everywhere)
        rows = []
        for slot in range(SLOTS):
            weights, worth = everywhere, worth_everywhere
            if any(look.hidden[slot] > WORTH_A_COUNT for look in self.looks):
                weights = [look.weight * max(1e-6, 1.0 - look.hidden[slot]) for look in self.looks]
                worth = effective(self.looks, weights)
            scale = worth / sum(weights)
            sums = [0.0] * len(ALPHABET)
            for look, one in zip(self.looks, weights, strict=True):
                share = one * scale
                sums = [s + share * value for s, value in zip(sums, look.logs[slot], strict=True)]
            top = max(sums[:UNSEEN_INDEX])
            row = [exp(s - top) for s in sums[:UNSEEN_INDEX]]
            # Not having seen is no evidence to be summed: a place is as well seen as the best of the clear pictures saw it.
            hidden = min(look.hidden[slot] for look in clear)
            row.append(hidden * sum(row) / UNSEEN_INDEX)
            whole = sum(row)
            rows.append(tuple([p / whole for p in row]))
        return tuple(rows)

    def _formats(self) -> tuple[tuple[str, float], ...]:
        """The weighted mean of what the format head said."""
        total = sum(look.weight for look in self.looks if look.formats)
        belief: dict[str, float] = {}
        for look in self.looks:
            for format_id, p in look.formats:
                belief[format_id] = belief.get(format_id, 0.0) + p * look.weight / total
        return tuple(sorted(belief.items(), key=lambda pair: (-pair[1], pair[0])))


NO_READS = Fusion()


def _different(looks: Iterable[Look]) -> int:
    """How many of them are at different pictures."""
    different: list[Look] = []
    for look in looks:
        if not any(same_picture(look, other) for other in different):
            different.append(look)
    return len(different)


def _look(read: PlateRead, own: Reading, calibration: Calibration) -> Look:
    rows = softened(read.slots, calibration=calibration)
    return Look(
        read.fingerprint,
        weight(read, own),
        rows_of(rows),
        own.text,
        own.confidence,
        read.formats,
        accepted=own.accepted,
        width=max(1.0, read.box.w),
        clarity=clarity(read),
        hidden=tuple([unseen(row) for row in rows]),
        view=read.view,
    )


def _joined(looks: tuple[Look, ...], look: Look) -> tuple[Look, ...]:
    """The looks with one more: in place of its twin, which it counts on, or of the worst where there are enough."""
    twin = next((i for i, kept in enumerate(looks) if kept.view is look.view and same_picture(kept, look)), None)
    if twin is not None:
        kept = looks[twin]
        seen = kept.seen + 1 if look.text == kept.text else 1
        better = replace(look if look.weight > kept.weight else kept, seen=seen)
        return (*looks[:twin], better, *looks[twin + 1 :])
    if len(looks) < KEPT:
        return (*looks, look)
    worst = min(range(KEPT), key=lambda i: looks[i].weight)
    return (*looks[:worst], look, *looks[worst + 1 :]) if look.weight > looks[worst].weight else looks


def weight(read: PlateRead, own: Reading) -> float:
    """How much a read counts, 0.05 to 1: by how clear its picture is, and by how well it reads alone."""
    legible = ILLEGIBLE + (1.0 - ILLEGIBLE) * own.confidence
    return max(LEAST_WEIGHT, clarity(read) * legible)
