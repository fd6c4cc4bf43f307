"""Measurements as ratios within one run; docs/performance.md keeps what they printed."""
