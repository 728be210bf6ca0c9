"""Pages. They call actions and queries and hold no logic."""
