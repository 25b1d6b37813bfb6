"""Tables and views that somebody else makes; written by `flask models from-database`."""

from typing import Optional
import datetime
import decimal
import enum

from sqlalchemy import BigInteger, Column, Date, DateTime, Enum, ForeignKey, ForeignKeyConstraint, Integer, Numeric, String, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model


class Existing(Model):
    __abstract__ = True
    managed = False
    __bind_key__ = "erp"


class ClientKind(str, enum.Enum):
    SHOP = 'shop'
    PERSON = 'person'


class ErpClient(Existing):
    __tablename__ = 'erp_client'

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[ClientKind] = mapped_column(Enum(ClientKind, values_callable=lambda cls: [member.value for member in cls], name='client_kind'), nullable=False, server_default=text("'shop'::client_kind"))
    metadata_: Mapped[Optional[object]] = mapped_column('metadata', JSONB)
    labels: Mapped[Optional[list[str]]] = mapped_column(ARRAY(Text()))
    since: Mapped[Optional[datetime.date]] = mapped_column(Date)

    tags: Mapped[list['ErpTag']] = relationship('ErpTag', secondary='erp_client_tag', back_populates='erp_clients')
    erp_prices: Mapped[list['ErpPrice']] = relationship('ErpPrice', back_populates='erp_client')
    erp_movements: Mapped[list['ErpMovement']] = relationship('ErpMovement', back_populates='erp_client', overlaps='erp_movements,erp_price')


class ErpShop(Existing):
    __tablename__ = 'erp_shop'

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[Optional[str]] = mapped_column(Text)


class ErpStock(Existing):
    __tablename__ = 'erp_stock'

    client_code: Mapped[str] = mapped_column(String(12), primary_key=True)
    article: Mapped[str] = mapped_column(String(20), primary_key=True)
    pieces: Mapped[Optional[int]] = mapped_column(BigInteger)


class ErpTag(Existing):
    __tablename__ = 'erp_tag'
    __table_args__ = (
        UniqueConstraint('name', name='erp_tag_name_key'),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(40), nullable=False)

    erp_clients: Mapped[list['ErpClient']] = relationship('ErpClient', secondary='erp_client_tag', back_populates='tags')


t_erp_client_tag = Table(
    'erp_client_tag', Existing.metadata,
    Column('client_code', ForeignKey('erp_client.code'), primary_key=True),
    Column('tag_id', ForeignKey('erp_tag.id'), primary_key=True)
)


class ErpPrice(Existing):
    __tablename__ = 'erp_price'

    client_code: Mapped[str] = mapped_column(ForeignKey('erp_client.code'), primary_key=True)
    article: Mapped[str] = mapped_column(String(20), primary_key=True)
    net: Mapped[decimal.Decimal] = mapped_column(Numeric(12, 3), nullable=False)

    erp_client: Mapped['ErpClient'] = relationship('ErpClient', back_populates='erp_prices')
    erp_movements: Mapped[list['ErpMovement']] = relationship('ErpMovement', back_populates='erp_price', overlaps='erp_movements,erp_client')


class ErpMovement(Existing):
    __tablename__ = 'erp_movement'
    __table_args__ = (
        ForeignKeyConstraint(['client_code', 'article'], ['erp_price.client_code', 'erp_price.article']),
    )

    movement_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    client_code: Mapped[str] = mapped_column(ForeignKey('erp_client.code'), nullable=False)
    pieces: Mapped[int] = mapped_column(Integer, nullable=False)
    booked_at: Mapped[datetime.datetime] = mapped_column(DateTime, nullable=False, server_default=text('now()'))
    article: Mapped[Optional[str]] = mapped_column(String(20))

    erp_price: Mapped[Optional['ErpPrice']] = relationship('ErpPrice', back_populates='erp_movements', overlaps='erp_movements,erp_client')
    erp_client: Mapped['ErpClient'] = relationship('ErpClient', back_populates='erp_movements', overlaps='erp_movements,erp_price')
