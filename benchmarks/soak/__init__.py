"""Days in minutes: what creeps in the real processes while faults come at random."""
