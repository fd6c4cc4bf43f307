"""Changes to what is stored: notes and tags, deletion, garbage, export and import."""
