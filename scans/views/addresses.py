"""The parts of addresses that pages and the API share."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """A number that a database can look up: its columns hold less than 2 ** 63."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "id")

API = "api/v1/"
ANALYSIS = "analyses/<id:pk>/"
URL_SCAN = "analyses/<id:analysis_id>/scans/<id:pk>/"
