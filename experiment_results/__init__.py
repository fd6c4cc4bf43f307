"""From experiment folders to frames, comparisons, tables and pictures; :mod:`experiment_analysis` is the front door."""
