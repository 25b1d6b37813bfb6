"""Related records inside a form: in a table or stacked, a page of them, each guarded like a record of its own."""
