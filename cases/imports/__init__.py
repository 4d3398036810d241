"""Feedback from a file: what its columns mean, how each cell is cleaned, how a row is known again. Pure.

Reading the file is the business of ``documents.sheets``, writing cases that of ``cases.actions.imports``.
"""
