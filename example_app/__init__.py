"""A small back office on demijohn: customers, products, orders with their lines, and tickets."""

from demijohn import create_app
from example_app import admin
from example_app.settings import Settings
from example_app.tickets.admin import VIEWS as TICKET_VIEWS
from example_app.tickets.admin import late_tickets, tickets_by_state
from example_app.tickets.battery import battery as tickets
from example_app.views import shop

app = create_app(__name__, Settings(), batteries=[tickets], admin_views=[*admin.VIEWS, *TICKET_VIEWS])
app.register_blueprint(shop)

board = app.extensions["demijohn.admin"]
board.number("Orders today", before=admin.orders_of_the_day_before, hint="against the day before")(
    admin.orders_of_the_day
)
board.number("Open orders", url="/admin/order/", hint="paid, not shipped")(admin.open_orders)
board.number("Late tickets", url="/admin/ticket/", hint="not answered in time")(late_tickets)
board.chart("Orders, last 30 days", url="/admin/order/", permission="order.view")(admin.orders_per_day)
board.chart("Worth of orders, last 30 days", kind="bar", permission="order.view")(admin.revenue_by_status)
board.chart("Tickets", kind="donut", url="/admin/ticket/", permission="ticket.view")(tickets_by_state)
board.table("Few left", url="/admin/product/", permission="product.view")(admin.low_stock)
