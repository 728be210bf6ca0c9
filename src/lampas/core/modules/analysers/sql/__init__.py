"""SQL files: what they include, and which migration has to run before."""
