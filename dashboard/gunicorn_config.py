"""Gunicorn's settings besides those of its command line: the access log on standard output."""

accesslog = "-"
logger_class = "dashboard.request_log.AccessLogger"
