"""The reads of one visit made into one belief.

Slot log-probabilities are summed over frames, so reads of different length meet as strings, not as votes: a frame
that lost the last digit of 799 only says that padding there was likely. Each frame weighs by its size, its sharpness
and by how well it reads alone, so that a plate under mud does not drown the clear frames after it; near-identical
pictures count once, since the same dirt read twenty times is one piece of evidence, and once more as seen with evened
contrast (ADR 42); no frame can veto a symbol, since `decode.softened` gives every probability a floor; and however many
frames there are, they are never taken for more than `MOST_EVIDENCE` independent ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log

from core.alphabet import ALPHABET, SLOTS
from core.decode import CALIBRATION, Calibration, Matrix, decode_matrix, softened
from core.reading import NOTHING, Reading
from core.reads import PlateRead

NEAR_IDENTICAL_BITS = 5
"""Pictures whose 64-bit fingerprints differ in no more bits than this show the same thing."""
MOST_EVIDENCE = 5.0
"""Sum of weights at which more frames stop making the belief surer; they still make it better."""
FULL_WIDTH_PX = 90.0
"""From this width on a plate is as legible as it gets."""
LEAST_WEIGHT = 0.05
ILLEGIBLE = 0.2
"""How much a picture that reads as nothing by itself counts, beside a certain one of the same size and sharpness."""
KEPT = 16
"""Different pictures kept; beyond it only better ones replace the worst."""

Logs = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One picture's evidence, standing for all that look the same."""

    fingerprint: int
    weight: float
    logs: Logs
    text: str
    """What this picture alone reads as."""
    confidence: float
    formats: tuple[tuple[str, float], ...]
    evened: bool = False
    """The view of the picture with its contrast evened."""
    seen: int = 1
    """Reads that looked the same and read the same text."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """Everything a visit's pictures have said so far. Grows by `added`; never changes in place."""

    looks: tuple[Look, ...] = ()
    reads: int = 0
    """Reads taken in, near-identical ones included."""

    def added(self, read: PlateRead, own: Reading, *, calibration: Calibration = CALIBRATION) -> Fusion:
        """The belief after one more read; `own` is what it decodes to by itself."""
        look = Look(
            read.fingerprint,
            weight(read, own),
            _logs(read, calibration),
            own.text,
            own.confidence,
            read.formats,
            evened=read.evened,
        )
        looks = list(self.looks)
        twin = next(
            (i for i, kept in enumerate(looks) if kept.evened == look.evened and _same_picture(kept, look)), None
        )
        if twin is not None:
            kept = looks[twin]
            seen = kept.seen + 1 if look.text == kept.text else 1
            looks[twin] = replace(look if look.weight > kept.weight else kept, seen=seen)
        elif len(looks) < KEPT:
            looks.append(look)
        else:
            worst = min(range(KEPT), key=lambda i: looks[i].weight)
            if look.weight > looks[worst].weight:
                looks[worst] = look
        return replace(self, looks=tuple(looks), reads=self.reads + 1)

    def reading(self, *, calibration: Calibration = CALIBRATION) -> Reading:
        """The posterior over plates from all pictures together."""
        if not self.looks:
            return NOTHING
        return decode_matrix(self._matrix(), self._formats(), calibration=calibration)

    def supporters(self, text: str) -> int:
        """How many different pictures read as `text` by themselves; two views of one picture are one."""
        different: list[Look] = []
        for look in self.looks:
            if look.text == text and not any(_same_picture(look, other) for other in different):
                different.append(look)
        return len(different)

    def repeated(self, text: str) -> bool:
        """Whether one picture that reads as `text` came again and read the same."""
        return any(look.text == text and look.seen > 1 for look in self.looks)

    def _matrix(self) -> Matrix:
        total = sum(look.weight for look in self.looks)
        # One picture keeps its own probabilities; many are never worth more than MOST_EVIDENCE of them. A single
        # small one is not made surer than it is: its weight only counts against others.
        scale = min(max(total, 1.0), MOST_EVIDENCE) / total
        rows = []
        for slot in range(SLOTS):
            sums = [0.0] * len(ALPHABET)
            for look in self.looks:
                share = look.weight * scale
                sums = [s + share * value for s, value in zip(sums, look.logs[slot], strict=True)]
            top = max(sums)
            row = [exp(s - top) for s in sums]
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


def weight(read: PlateRead, own: Reading) -> float:
    """How much a read counts, 0.05 to 1: by the plate's width in the picture, its sharpness, and by how well it reads alone."""
    size = min(1.0, max(0.0, read.box.w) / FULL_WIDTH_PX)
    sharp = min(1.0, max(0.0, read.sharpness))
    legible = ILLEGIBLE + (1.0 - ILLEGIBLE) * own.confidence
    return max(LEAST_WEIGHT, size * (0.4 + 0.6 * sharp) * legible)


def _logs(read: PlateRead, calibration: Calibration) -> Logs:
    return tuple(tuple([log(p) for p in row]) for row in softened(read.slots, calibration=calibration))


def _same_picture(one: Look, other: Look) -> bool:
    return (one.fingerprint ^ other.fingerprint).bit_count() <= NEAR_IDENTICAL_BITS
