"""What ``compare`` knows: differences of configurations, metrics side by side, the winner and its margin."""
