"""History: commits, refs and trees as values, and the ports through which they are read and written."""
