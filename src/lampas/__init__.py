"""LAMPAS: code in MariaDB with version control, complete releases on Apache, managed from the web."""
