"""`python -m lampas.cli`."""

from lampas.cli.main import main

main()
