"""Django's contestant: `python -m benchmarks.djangoside sqlite:////path/to/x.db 1000`."""

import sys
from decimal import Decimal
from urllib.parse import urlsplit

import django
from benchmarks.contest import Browser, Works, serve, token_of
from django.conf import settings

EMAIL, PASSWORD = "ada@example.com", "correct horse battery staple"


def database(url):
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path[1:]}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname,
        "PORT": parts.port,
        "CONN_MAX_AGE": 600,
    }


def configure(url):
    context = [
        f"django.{name}" for name in ("template.context_processors.request", "contrib.auth.context_processors.auth")
    ]
    settings.configure(
        SECRET_KEY="a-key-for-benchmarks-0123456789-abcdefgh",
        DEBUG=False,
        ALLOWED_HOSTS=["localhost"],
        ROOT_URLCONF="benchmarks.djangoside.urls",
        DATABASES={"default": database(url)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages")),
            "benchmarks.djangoside",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": [*context, "django.contrib.messages.context_processors.messages"]},
            }
        ],
        STATIC_URL="/static/",
    )
    django.setup()


def fill(rows):
    """The rows that `benchmarks.worker.fill` makes."""
    from benchmarks.djangoside.models import Customer, Order
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create_superuser("ada", EMAIL, PASSWORD)
    customers = max(10, rows // 10)
    Customer.objects.bulk_create(
        (Customer(name=f"Customer {n}", email=f"c{n}@example.com") for n in range(customers)), batch_size=5_000
    )
    for first in range(0, rows, 5_000):
        Order.objects.bulk_create(
            Order(
                customer_id=n % customers + 1,
                status="draft" if n % 3 else "paid",
                total=Decimal(n % 9_973) / 100,
                note=f"note {n}",
            )
            for n in range(first, min(first + 5_000, rows))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main(url, rows):
    configure(url)
    from django.core.wsgi import get_wsgi_application

    fill(rows)
    browser = Browser(get_wsgi_application())
    place = "/admin/djangoside/order/"
    _, page = browser.ask("/admin/login/")
    token = token_of(page, "csrfmiddlewaretoken")
    assert (
        browser.ask("/admin/login/", {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token})[0] == 302
    )
    addresses = {
        "list, first page": place,
        "list, last page": f"{place}?p={max(1, rows // 25)}",
        "search": f"{place}?q=%22Customer+{rows // 10 - 3}%22",
        "filter": f"{place}?status__exact=paid",
        "form GET": f"{place}7/change/",
        "CSV": "/csv/",
    }
    serve(Works(browser, addresses, {"list, first page": "Customer", "search": f"Customer {rows // 10 - 3}"}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
