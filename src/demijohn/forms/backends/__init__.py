"""Where sendings of forms are noted: a table shared by every process, or this process's memory."""
