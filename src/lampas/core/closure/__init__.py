"""Links → everything that an application needs, each member with the shortest reason."""
