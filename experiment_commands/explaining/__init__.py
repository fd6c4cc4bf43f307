"""Parts of ``importance``: the parameters and scores of runs, and how their effects are shown."""
