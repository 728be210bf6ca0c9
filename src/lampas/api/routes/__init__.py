"""The routes under `/api/v1`, one file for each part. Each is a few lines: an action or a query, nothing else."""
