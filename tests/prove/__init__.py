"""Proofs by violence: the real processes, real requests, and kill -9.

`python -m tests.prove chaos --submissions 500 --seed 7` runs one by hand; see docs/proofs.md for what was found.
"""
