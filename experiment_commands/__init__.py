"""What ``experiment_cli.py`` can do: one file a command. A file parses, asks the store, and prints; nothing else."""
