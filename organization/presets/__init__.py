"""Reviewed data to start from: what an organisation takes over and then owns."""
