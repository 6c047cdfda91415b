# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Addresses that are none: a site may send one in `Location`, and a module may make one up. Neither is an error.

httpx raises for both. For a redirect it does so although nobody follows it, so that an attack whose own text comes back
in `Location` loses its answer, and exceptions that Wapiti does not expect drop the whole page.
"""

import httpx

# Raised while a request is made of an address or headers that no request can carry.
NO_REQUEST = (httpx.InvalidURL, UnicodeError)


def install():
    """Take a redirect without a usable address for an ordinary answer, as browsers do."""
    has_location = httpx.Response.has_redirect_location.fget
    httpx.Response.has_redirect_location = property(lambda response: has_location(response) and leads_on(response))


def leads_on(response):
    """Return whether the response's `Location` is an address, or can be one on the site of its request."""
    try:
        target = httpx.URL(response.headers["location"])
        if target.scheme and not target.host:  # "mailto:", or an attack's text before a colon
            target = target.copy_with(host=response.request.url.host)
        response.request.url.join(target)
    except (*NO_REQUEST, ValueError):
        return False
    return True
