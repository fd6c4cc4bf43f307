"""Jobs as SLURM jobs, submitted through submitit; what crosses lies as JSON in folders that all machines see."""
