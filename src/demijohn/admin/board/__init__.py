"""The first page: numbers, charts and tables of the project, and what can be told of its models without being asked."""
