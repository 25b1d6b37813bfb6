"""Customers and orders."""

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=255, unique=True)

    class Meta:
        app_label = "djangoside"

    def __str__(self):
        return self.name


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    status = models.CharField(max_length=64, choices=[("draft", "Draft"), ("paid", "Paid")], default="draft")
    total = models.DecimalField(max_digits=18, decimal_places=4)
    note = models.CharField(max_length=255, blank=True, null=True)

    class Meta:
        app_label = "djangoside"
