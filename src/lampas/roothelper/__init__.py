"""What needs root on a node: fixed verbs, typed values, standard library only."""
