"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from customers import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.listing, name="customer_list"),
    path("<int:pk>/", views.card, name="customer"),
]
