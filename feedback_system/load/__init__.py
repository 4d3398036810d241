"""An organisation with years of cases, written in minutes: what the program is measured on.

Every case is lived step by step as the actions live it (``story``), but the rows go into the tables by COPY. Tests
hold what is written against the actions' own rules: readers, clocks, gates, search, the chain of the history.
"""
