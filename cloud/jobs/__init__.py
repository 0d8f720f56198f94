"""Jobs: what is long is a row, written with the change that causes it, and done by whichever worker takes it (ADR 136)."""

from __future__ import annotations

from cloud.jobs.queue import Claimed, LeaseLost, Queue, again, listed, standing, sweep
from cloud.jobs.worker import JobWorker, Task, Work

__all__ = ["Claimed", "JobWorker", "LeaseLost", "Queue", "Task", "Work", "again", "listed", "standing", "sweep"]
