"""Where throttles count: a table shared by every process, or this process's memory."""
