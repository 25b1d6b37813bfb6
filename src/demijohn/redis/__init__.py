"""One Redis server for every battery that wants it; nothing here imports redis-py before it is used."""
