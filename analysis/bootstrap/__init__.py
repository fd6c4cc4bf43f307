"""Resampling what was scored, to see how far chance alone would move it."""
