"""The reference chain as a command of the benchmark: fast-alpr's default networks, whose weights must be given.

    python -m benchmarks.reading.reference_chain PEERS < paths

The confidence of an answer is that of its least certain character; the chain itself has no notion of being sure.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from camera.stills import load_picture
from edge.bench.reference import ReferenceChain


def main() -> None:
    chain = ReferenceChain(Path(sys.argv[1]))
    for line in sys.stdin:
        file = line.rstrip("\n")
        plates = [{"text": text, "confidence": sure} for text, sure in chain.answers(load_picture(Path(file)))]
        print(json.dumps({"file": file, "plates": plates}), flush=True)


if __name__ == "__main__":
    main()
