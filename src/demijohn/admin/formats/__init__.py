"""Formats: what a text or a number stands for (an address, a colour, money), and how it is put in and shown."""
