"""A small back office on demijohn: customers, products, and orders with their lines."""

from demijohn import create_app
from example_app.admin import OrderView, ProductView, open_orders
from example_app.views import shop

app = create_app(__name__, admin_views=[OrderView, ProductView])
app.register_blueprint(shop)
app.extensions["demijohn.admin"].number("Open orders")(open_orders)
