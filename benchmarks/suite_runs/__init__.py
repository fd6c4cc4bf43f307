"""Parts of benchmarks/suite.py: the same suite by hand, and the clock between two runs."""
