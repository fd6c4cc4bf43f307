"""What ``curves`` draws: first the numbers, then the picture."""
