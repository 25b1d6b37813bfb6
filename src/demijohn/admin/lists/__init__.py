"""What stands behind a list page: its addresses, its order, its pages and its totals."""
