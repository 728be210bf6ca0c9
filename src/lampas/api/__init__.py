"""REST under /api/v1. It calls actions and queries and holds no logic."""
