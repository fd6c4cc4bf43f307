"""What trains in the benchmarks of training, and how its steps are timed; nothing here runs by itself."""
