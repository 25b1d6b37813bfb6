"""Where throttles count: Redis, a table shared by every process, or this process's memory."""
