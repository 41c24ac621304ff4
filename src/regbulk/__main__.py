"""`python -m regbulk` is the command line."""

from regbulk.cli import main

main()
