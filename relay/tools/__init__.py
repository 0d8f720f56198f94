"""For technicians and tests: trying barriers, emulated boards, the endurance run."""
