"""Models with files: a picture that may be missing, a document that must be there, and files of a file's owner."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model
from demijohn.admin import ModelView
from demijohn.auth import scope
from demijohn.database import StoredFile, Upload


class Album(Model):
    title: Mapped[str] = mapped_column(unique=True)
    cover: Mapped[StoredFile | None] = mapped_column(
        Upload(accept=("image/*",), max_bytes=50_000, max_pixels=1_000_000)
    )
    back: Mapped[StoredFile | None] = mapped_column(Upload())
    sheets: Mapped[list["Sheet"]] = relationship(back_populates="album", cascade="all, delete-orphan")


class Sheet(Model):
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    album: Mapped[Album | None] = relationship(back_populates="sheets")
    file: Mapped[StoredFile] = mapped_column(Upload())


class AlbumView(ModelView):
    model = Album
    inline_models = ((Sheet, {"form_columns": ("file",)}),)


@scope(Album)
def albums_that_are_no_secret(user: Any) -> Any:
    return sa.true() if user.is_superuser else ~Album.title.startswith("Secret")


scope.field(Album.back, view="album.back", edit="album.back")
