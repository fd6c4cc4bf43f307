"""One file a schema change; what stands here is never edited once released."""
