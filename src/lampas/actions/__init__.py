"""Use cases, one file each, in one frame (permission, audit): the only way to change anything."""
