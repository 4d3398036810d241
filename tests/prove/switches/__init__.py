"""What the product would be without one protection. Each module is a Django application that patches it at start-up.

A proof that still passes with a switch on proves nothing: see test_chaos.py.
"""
