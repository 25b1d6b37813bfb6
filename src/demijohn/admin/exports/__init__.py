"""Exports: the rows of a list as CSV, JSON or a workbook, streamed or prepared in the background."""
