"""`python -m graphlift` is the `graphlift` command."""

from graphlift.cli.main import main

if __name__ == "__main__":
    main()
