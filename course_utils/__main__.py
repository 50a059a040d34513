"""The command line: `python -m course_utils --help`. Each command is a thin shell over one module."""

from .commands import main

if __name__ == "__main__":
    main(prog_name="python -m course_utils")
