"""The Management Interface of a node: observe → plan → apply. It knows neither Django nor the database."""
