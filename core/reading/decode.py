"""From the probability of every symbol in every slot to a posterior over plates.

The prior is a mixture. Each format of `core.plates.formats` has its weight and its own alphabet in every slot; listed
region codes are far likelier than others; and one free grammar allows any string. So position tells `0` from `O` and
`8` from `B`, and a plate outside every grammar is still reported as it was seen.

What was not seen (`UNSEEN`) is evidence for no symbol: its share is spread over all of them equally. A hidden character
is therefore as likely as the prior makes it, and frames that did not see it never outvote one that did, however many
they are. `core.reading.claim` decides what may be claimed of the best string, and whether it is accepted.

The strings of one shape factor by slot, so the sum over all of them is a product of sums. Nothing is sampled; only
hopeless shapes are left out. One read takes about a millisecond.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from math import exp, log, prod
from operator import itemgetter

from core.plates import regions
from core.plates.alphabet import DIGITS, SLOTS
from core.plates.grammar import (
    CELLS,
    CODES,
    DIGIT_CELLS,
    FREE,
    PAD_INDEX,
    PICK,
    SHAPES,
    SHAPES_OF,
    SIZES,
    WEIGHTS,
    Shape,
)
from core.reading.claim import claimed
from core.reading.reading import NOTHING, Candidate, Reading
from core.reading.reads import PlateRead
from core.reading.rows import (
    ALTERNATIVES,
    CALIBRATION,
    Calibration,
    Matrix,
    alternatives,
    softened,
)

_CANDIDATES = 24
"""Most candidates of a reading."""
_SHAPES_READ = 6
"""Most shapes whose strings are listed, the likeliest first."""
_LEAST_RATIO = 0.005
"""Strings with less than this fraction of the probability of the best of their shape are not listed."""
_HOPELESS = 1e-5
"""Shapes with less than this fraction of the mass of the likeliest are left out."""


def decode(read: PlateRead, *, calibration: Calibration = CALIBRATION) -> Reading:
    """The posterior over plates from one read of one frame."""
    return decode_matrix(softened(read.slots, calibration=calibration), read.formats, calibration=calibration)


def decode_matrix(
    matrix: Matrix, formats: Sequence[tuple[str, float]] = (), *, calibration: Calibration = CALIBRATION
) -> Reading:
    """The posterior over plates from slot probabilities (`softened`, or fused over a visit).

    `formats`: the reader's belief about the kind of plate, as pairs of format id and probability; may be empty.
    """
    if all(max(row) == row[PAD_INDEX] for row in matrix):
        return NOTHING
    head = dict(formats)
    masses = _masses(matrix, head, calibration)
    total = sum(mass for mass, _, _ in masses)
    if total <= 0.0:
        return NOTHING
    scores: dict[str, float] = {}
    best_of: dict[str, tuple[float, Shape]] = {}
    for mass, _, shape in masses[:_SHAPES_READ]:
        if mass < masses[0][0] * _HOPELESS:
            break
        for text, share in _strings(matrix, shape):
            score = mass * share / total
            scores[text] = scores.get(text, 0.0) + score
            if text not in best_of or best_of[text][0] < score:
                best_of[text] = (score, shape)
    ranked = heapq.nlargest(_CANDIDATES, scores.items(), key=itemgetter(1))
    candidates = tuple(
        Candidate(text, _calibrated(score, calibration), _likeliest_format(best_of[text][1], head, calibration))
        for text, score in ranked
    )
    return claimed(matrix, best_of[candidates[0].plate][1], candidates, head=head, calibration=calibration)


def _weights(head: dict[str, float], calibration: Calibration) -> list[float]:
    """Prior weight of each shape: the weight of its formats, scaled by how far the format head agrees."""
    floor = calibration.head_floor if head else 1.0
    weights = [floor * weight for weight in WEIGHTS]
    for format_id, believed in head.items():
        if believed > floor:
            for number, weight in SHAPES_OF.get(format_id, ()):
                weights[number] += weight * (believed - floor)
    free = calibration.free_weight / (SLOTS - 3)
    for number in FREE:
        weights[number] = free
    return weights


def _likeliest_format(shape: Shape, head: dict[str, float], calibration: Calibration) -> str | None:
    if not shape.formats:
        return None
    floor = calibration.head_floor if head else 1.0
    return max(shape.formats, key=lambda pair: pair[1] * max(head.get(pair[0], 0.0), floor))[0]


def _calibrated(posterior: float, calibration: Calibration) -> float:
    p = min(max(posterior, 1e-9), 1.0 - 1e-9)
    if calibration.confidence_slope == 1.0 and calibration.confidence_offset == 0.0:
        return p
    z = calibration.confidence_slope * log(p / (1.0 - p)) + calibration.confidence_offset
    return 1.0 / (1.0 + exp(-z)) if z > -700 else 0.0


def _masses(matrix: Matrix, head: dict[str, float], calibration: Calibration) -> list[tuple[float, int, Shape]]:
    """The posterior mass of each shape (not normalised), largest first. The number in the middle breaks ties."""
    means: list[float] = []  # by cell: the slot's likelihood under a uniform prior over the set
    for slot, index in CELLS:
        picked = PICK[index](matrix[slot])
        means.append((sum(picked) - picked[0]) / SIZES[index])
    padding = [1.0] * (SLOTS + 1)
    for i in range(SLOTS - 1, -1, -1):
        padding[i] = padding[i + 1] * matrix[i][PAD_INDEX]
    masses = [
        (prod(shape.cells(means), start=weight * padding[shape.length]), number, shape)
        for number, (weight, shape) in enumerate(zip(_weights(head, calibration), SHAPES, strict=True))
    ]
    # So far any digits count as a region code. The code list changes a mass by a factor of thirty at most, so the sum
    # over the codes is only computed where it can matter.
    likely = max(masses)[0] * _HOPELESS
    masses = [
        (mass * _region_factor(matrix, means, shape) if shape.regions and mass > likely else mass, number, shape)
        for mass, number, shape in masses
    ]
    masses.sort(reverse=True)
    return masses


def _region_factor(matrix: Matrix, means: Sequence[float], shape: Shape) -> float:
    """How much likelier the region slots are under the list of codes than under arbitrary digits."""
    start, stop = shape.region
    anything = prod(means[DIGIT_CELLS[slot]] for slot in range(start, stop))
    known = CODES[shape.regions, stop - start]
    listed = sum(_likelihoods(matrix, start, known)) / len(known)
    return regions.KNOWN_SHARE * listed / anything + (1.0 - regions.KNOWN_SHARE)


def _likelihoods(matrix: Matrix, start: int, codes: tuple[tuple[int, ...], ...]) -> list[float]:
    """The likelihood of each code (given as the columns of its digits) at slot `start`."""
    if len(codes[0]) == 2:
        one, two = matrix[start : start + 2]
        return [one[a] * two[b] for a, b in codes]
    one, two, three = matrix[start : start + 3]
    return [one[a] * two[b] * three[c] for a, b, c in codes]


def _strings(matrix: Matrix, shape: Shape) -> Iterator[tuple[str, float]]:
    """The likeliest strings of `shape`, with their share of its mass.

    These are the best string, every string with one part changed, and those with the two least certain parts changed. A
    part is a character, or the region code as a whole.
    """
    parts = [alternatives(matrix, slot, index) for slot, index in shape.plain]
    if shape.regions:
        parts.insert(shape.region[0], _codes(matrix, shape.regions, shape.region))
    texts = [part[0][1] for part in parts]
    best = 1.0
    for part in parts:
        best *= part[0][0]
    yield "".join(texts), best
    doubtful = sorted(range(len(parts)), key=lambda i: parts[i][0][0])
    for i in doubtful:
        for ratio, symbol in _changes(parts[i]):
            yield "".join([*texts[:i], symbol, *texts[i + 1 :]]), best * ratio
    if len(parts) < 2:
        return
    for ratio, symbol in _changes(parts[doubtful[0]])[:3]:
        changed = texts.copy()
        changed[doubtful[0]] = symbol
        for other_ratio, other in _changes(parts[doubtful[1]])[:3]:
            if ratio * other_ratio >= _LEAST_RATIO:
                changed[doubtful[1]] = other
                yield "".join(changed), best * ratio * other_ratio


def _changes(part: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The alternatives to the best value of a part, with their ratio of probabilities."""
    best = part[0][0]
    return [(p / best, symbol) for p, symbol in part[1:] if p >= best * _LEAST_RATIO]


def _codes(matrix: Matrix, key: str, region: tuple[int, int]) -> list[tuple[float, str]]:
    """The likeliest region codes at `region`, listed or not, with their probability (prior included)."""
    start, stop = region
    seen: list[tuple[int, ...]] = [()]
    for slot in range(start, stop):
        row = matrix[slot]
        best = sorted(range(len(DIGITS)), key=row.__getitem__, reverse=True)[:3]
        seen = [(*code, digit) for code in seen for digit in best]
    codes = tuple({*seen, *CODES[key, stop - start]})
    names = ["".join(map(str, code)) for code in codes]
    listed, other = regions.priors(key, stop - start)
    known = regions.REGIONS.get(key, frozenset())
    scored = [
        (p * (listed if name in known else other), name)
        for p, name in zip(_likelihoods(matrix, start, codes), names, strict=True)
    ]
    whole = sum(score for score, _ in scored)
    return [(score / whole, name) for score, name in heapq.nlargest(ALTERNATIVES, scored)]
