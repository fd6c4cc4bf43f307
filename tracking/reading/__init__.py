"""From the database to records, pages, curves and frames."""
