"""Definitions: what an application says of itself in `lampas.toml`, or in `apps/NAME.toml` of the repository `cluster`.

What enters: TOML text. What leaves: frozen `Definition` values, or an error that names file, key and remedy.
"""
