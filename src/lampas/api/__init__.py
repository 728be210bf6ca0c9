"""REST under `/api/v1` and git under `/git/`: what enters is HTTP, what leaves are actions, queries and JSON."""
