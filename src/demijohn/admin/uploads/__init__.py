"""Files in records: kept in a folder, told apart by their bytes, shown, handed out, and deleted with their record."""
