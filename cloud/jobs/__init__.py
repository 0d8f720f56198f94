"""Jobs: long work is a row, stored in the transaction that causes it, and done by whichever worker takes it (ADR 136)."""

from __future__ import annotations

from cloud.jobs.queue import Claimed, LeaseLost, Queue, again, listed, standing, sweep
from cloud.jobs.worker import JobWorker, Task, Work

__all__ = ["Claimed", "JobWorker", "LeaseLost", "Queue", "Task", "Work", "again", "listed", "standing", "sweep"]
