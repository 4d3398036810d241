"""`make run`: PostgreSQL, Redis, web, workers and beat, started in order, watched, and ended in order.

For a laptop, a trial and a small office. A server with its own PostgreSQL uses docker-compose.yml.
"""
