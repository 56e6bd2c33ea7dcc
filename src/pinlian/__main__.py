"""`python -m pinlian` is the `pinlian` command."""

from pinlian.cli.main import main

main()
