"""Finding one's way: a search over every model one may view, and the palette of the keyboard."""
