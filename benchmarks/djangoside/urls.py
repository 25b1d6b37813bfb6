"""Addresses and the admin of Django's side."""

import csv
import io

from benchmarks.djangoside.models import Customer, Order
from django.contrib import admin
from django.http import StreamingHttpResponse
from django.urls import path


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("customer", "status", "total", "note")
    list_select_related = ("customer",)
    list_filter = ("status",)
    list_per_page = 25
    search_fields = ("customer__name", "note")


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    search_fields = ("name",)


def csv_view(request):
    """Orders as CSV, streamed."""

    def lines():
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        wanted = Order.objects.values_list("customer__name", "status", "total", "note")
        for row in wanted.iterator(chunk_size=2_000):
            writer.writerow(row)
            if buffer.tell() > 30_000:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()

    return StreamingHttpResponse(lines(), content_type="text/csv")


urlpatterns = [path("admin/", admin.site.urls), path("csv/", csv_view)]
