"""Reads for the faces: what runs where, closures, chains, impact. Writes nothing."""
