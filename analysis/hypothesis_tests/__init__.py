"""Hypothesis tests, each with what it assumes, the smallest p-value it can give, and why it gives none."""
