"""Python: imports with their lines, read by tree-sitter, so that code newer than this Python parses too."""
