"""`python -m meshlint`: the same as the `meshlint` command."""

from meshlint.cli.main import run

if __name__ == "__main__":
    run()
