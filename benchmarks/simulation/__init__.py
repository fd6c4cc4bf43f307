"""Suites of simulated scores, and what is called better in them; nothing here runs by itself."""
