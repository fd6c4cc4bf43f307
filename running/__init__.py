"""Executing a plan in this process: checks before, locks, folders, progress, results.

Import its modules where they are used: most of them load torch.
"""
