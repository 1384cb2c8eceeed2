"""`python -m proctor`: the command line, where the command itself is not installed."""

from proctor.cli import main

if __name__ == "__main__":
    main()
