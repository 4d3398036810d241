"""Celery wrappers of the surveys room: one action each, nothing else."""
