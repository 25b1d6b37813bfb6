"""What Flask-Admin's file manager needs to be safe here."""

from typing import Any


def is_file_manager(view: Any) -> bool:
    """Whether this is a `FileAdmin` of any storage, without importing it."""
    return callable(getattr(view, "is_in_folder", None)) and hasattr(view, "storage")


def confine(view: Any) -> None:
    """Keep a file manager out of folders whose path merely begins like its own.

    Flask-Admin 2.2.1 compares the beginnings of paths, so that `/srv/files` also opens `/srv/files-of-others`.
    """
    own = view.is_in_folder

    def is_in_folder(base_path: Any, directory: Any) -> bool:
        return bool(own(base_path, directory)) and is_below(view, base_path, directory)

    view.is_in_folder = is_in_folder


def is_below(view: Any, base_path: Any, directory: Any) -> bool:
    if not base_path:
        return True
    base, path = str(view.normpath(base_path)), str(view.normpath(directory))
    separator = str(view._separator)
    return path == base or path.startswith(base.rstrip(separator) + separator)
