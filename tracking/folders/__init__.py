"""What lies in an experiment's folder, and what it means: the truth that the database indexes."""
