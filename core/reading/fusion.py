"""Fuses the reads of one visit into one belief.

Log-probabilities are summed slot by slot over frames, so reads of different length combine as strings, not as votes: a
frame that lost the last digit of 799 only says that padding was likely there. A frame's weight depends on its size, its
sharpness and how well it reads alone, so a plate under mud does not drown the clear frames after it. Near-identical
pictures count once, because the same dirt read twenty times is one piece of evidence; the same picture counts once more
with evened contrast (ADR 42), and once more stacked on those before it (ADR 64). No frame can veto a symbol, because
`core.reading.rows.softened` gives every probability a floor.

Frames of one track are not independent (ADR 58): they share blur, compression, pose and dirt, and the more so the
closer two pictures are in look and size. The sum is therefore scaled to an effective number of looks
(`core.reading.looks.effective`), which stays below 1 / `SHARED`, about 1.7, however many there are. It is computed anew
for every place of the plate; looks that did not see the place do not count there.

A place is erased if two values compete for it or no picture alone is sure of it (`core.reading.looks.doubtful`), if no
picture about as clear as the clearest saw it, or if half of those doubt that they saw it (`half_seen`). A fused reading
is accepted only if one picture alone would be.
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
"""Weight of a picture that reads as nothing by itself, relative to a certain one of the same size and sharpness."""
LEAST_WEIGHT = 0.05
AS_CLEAR = 0.6
"""Only pictures at least this clear, relative to the clearest, can testify that a place was seen. A strap is not seen
from far away either."""
WORTH_A_COUNT = 0.02
"""From this probability of not having seen a place, a picture counts less there."""
SURE_TOGETHER = 0.97
"""Needed confidence of the fused reading if pictures had to be stacked: small plates mislead all pictures in the same
way."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """Everything the pictures of a visit have said so far. Grows by `added`; immutable."""

    looks: tuple[Look, ...] = ()
    reads: int = 0
    """Reads taken in, including near-identical ones."""

    def added(self, read: PlateRead, own: Reading, *, calibration: Calibration = CALIBRATION) -> Fusion:
        """The belief after one more read. `own` is what the read decodes to by itself."""
        looks = _joined(self.looks, _look(read, own, calibration))
        if read.stack is not None:
            looks = _joined(looks, _look(read.stack, decode(read.stack, calibration=calibration), calibration))
        return replace(self, looks=looks, reads=self.reads + 1)

    def reading(self, *, calibration: Calibration = CALIBRATION) -> Reading:
        """The posterior over plates from all pictures together, accepted only if the pictures bear it out."""
        if not self.looks:
            return NOTHING
        reading = decode_matrix(self._matrix(), self._formats(), calibration=calibration)
        return self._borne_out(reading, calibration) if reading.text else reading

    @property
    def pictures(self) -> int:
        """How many different pictures were read. Other views of a picture, and stacks, do not count."""
        return _different(look for look in self.looks if look.view is not View.STACKED)

    def supporters(self, text: str) -> int:
        """How many different pictures read as `text` by themselves.

        Two views of a picture count once, and so do all stacks.
        """
        return _different(self._looks_that_read(text, stacked=False)) + any(self._looks_that_read(text, stacked=True))

    def repeated(self, text: str) -> bool:
        """Whether a picture that reads as `text` was seen again and read the same."""
        return any(look.seen > 1 for look in self._looks_that_read(text, stacked=False))

    def _looks_that_read(self, text: str, *, stacked: bool) -> Iterator[Look]:
        """The looks that read as `text` by themselves: single pictures, or stacks, which share their pictures."""
        return (look for look in self.looks if look.text == text and (look.view is View.STACKED) is stacked)

    def _borne_out(self, reading: Reading, calibration: Calibration) -> Reading:
        """The reading with doubtful places erased. It stays accepted only if one picture alone would be."""
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
            # Not having seen a place is no evidence to sum up: the place is as well seen as in the best clear picture.
            hidden = min(look.hidden[slot] for look in clear)
            row.append(hidden * sum(row) / UNSEEN_INDEX)
            whole = sum(row)
            rows.append(tuple([p / whole for p in row]))
        return tuple(rows)

    def _formats(self) -> tuple[tuple[str, float], ...]:
        """The weighted mean of the format head's beliefs."""
        total = sum(look.weight for look in self.looks if look.formats)
        belief: dict[str, float] = {}
        for look in self.looks:
            for format_id, p in look.formats:
                belief[format_id] = belief.get(format_id, 0.0) + p * look.weight / total
        return tuple(sorted(belief.items(), key=lambda pair: (-pair[1], pair[0])))


NO_READS = Fusion()


def _different(looks: Iterable[Look]) -> int:
    """How many different pictures they show."""
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
    """The looks with one more.

    It replaces its twin, which keeps counting, or the lightest look once there are `KEPT`.
    """
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
    """The weight of a read, 0.05 to 1: by how clear its picture is, and how well it reads alone."""
    legible = ILLEGIBLE + (1.0 - ILLEGIBLE) * own.confidence
    return max(LEAST_WEIGHT, clarity(read) * legible)
