"""The database: its tables, how it is opened, upgraded and mended."""
