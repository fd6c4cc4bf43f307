"""Which hyper-parameter moved a metric, by how much and how sure, over any set of runs."""
