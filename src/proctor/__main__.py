"""The command line as `python -m proctor`, where the command itself is not installed."""

from proctor.cli import main

if __name__ == "__main__":
    main()
