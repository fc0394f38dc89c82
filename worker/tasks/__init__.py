"""Celery's doorbells to the jobs: no retry, no ETA, no results.

A message is a hint; PostgreSQL knows what is due and what was done. So every task here is safe to run
twice, to lose, or to run late. Arguments are shown in Flower: names and ids only, no people.
"""

from worker.tasks import convert, reconcile, resolve, sync, tick

__all__ = ["convert", "reconcile", "resolve", "sync", "tick"]
