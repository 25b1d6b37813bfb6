"""Accounts that people make themselves: an address first, and the rest once the mail sent to it is answered."""
