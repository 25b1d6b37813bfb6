"""What a file may be at most to be read as a table, and the word for what is none."""

MOST_COLUMNS = 500
LONGEST_CELL = 100_000
"""Characters; a cell longer than that is a file that is no table. Ours, as is the number of columns."""


class UnreadableError(ValueError):
    """The file is no table that can be read; the text says why, for people."""
