"""May this plate pass now, and why: the judgement, its record, its sentence."""
