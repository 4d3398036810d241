"""Measuring: how long pages, searches, registrations, sweeps and imports take, on a real stack over loopback.

Every run prints its own yardstick, a signed-in page with the frame and nothing else, and the bare SQL of each list, so
that figures of two machines, or of a busy hour, can be told apart.
"""
