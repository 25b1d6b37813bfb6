"""A small back office on demijohn: customers, products, orders with their lines, and tickets."""

from demijohn import create_app
from example_app.admin import OrderView, ProductView, open_orders
from example_app.settings import Settings
from example_app.tickets.admin import VIEWS as TICKET_VIEWS
from example_app.tickets.admin import late_tickets
from example_app.tickets.battery import battery as tickets
from example_app.views import shop

app = create_app(__name__, Settings(), batteries=[tickets], admin_views=[OrderView, ProductView, *TICKET_VIEWS])
app.register_blueprint(shop)
app.extensions["demijohn.admin"].number("Open orders")(open_orders)
app.extensions["demijohn.admin"].number("Late tickets", hint="not answered in time")(late_tickets)
