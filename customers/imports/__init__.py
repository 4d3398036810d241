"""Customers from a table: what its columns mean, how each cell is understood, what a row says of a customer. Pure.

Reading the file is the business of ``documents.sheets``, writing customers that of ``customers.actions.imports``.
"""
