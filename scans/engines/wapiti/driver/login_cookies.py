# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Cookies that the login was given without a flag, reported in the name of Wapiti's module, which never sees them."""

import inspect
import re

MODULE = "cookieflags"
CATEGORIES = {"HttpOnly": "HttpOnly Flag cookie", "Secure": "Secure Flag cookie"}
SENTENCE = "{flag} flag is not set in the cookie : {name}"  # as release 3.2 says it
NAMES = [re.compile(r"in the cookie : (.+)", re.S), re.compile(r"on the cookie:? '(.+)' set at ", re.S)]  # 3.2, 3.3
LEVEL = 1  # low


async def report(missing, root, persister, definitions, reported):
    """Store a finding for each flag and name in `missing`, unless the cookie was `reported` already, by whomever.

    `root` is the request that the findings get, as in release 3.2; `reported` are the keys of findings so far.
    """
    known = {(category, name_in(info)) for _, _, category, *_, info in reported}
    for flag, name in missing:
        if (CATEGORIES[flag], name) in known:
            continue
        definition = definitions[CATEGORIES[flag]]
        values = {
            "payload_type": definition.type(),
            "module": MODULE,
            "category": definition.name(),
            "level": LEVEL,
            "request": root,
            "parameter": "",
            "info": SENTENCE.format(flag=flag, name=name),
            "wstg": definition.wstg_code(),
        }
        if "request_id" in inspect.signature(persister.add_payload).parameters:  # in release 3.2
            values["request_id"] = -1
        await persister.add_payload(**values)


def name_in(info):
    """Return the name of the cookie that a sentence of Wapiti is about; an empty text for any other sentence."""
    return next((found[1] for pattern in NAMES if (found := pattern.search(info))), "")
