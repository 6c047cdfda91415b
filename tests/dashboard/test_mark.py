"""Every answer of the dashboard has its mark."""

import pytest

from scans.targets.own_mark import HEADER, is_own_answer


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/accounts/login/", "/", "/no-such-page", "/static/icons.svg"])
@pytest.mark.parametrize("host", ["localhost", "proxy.of.any.name"])
def test_every_answer_has_the_mark(client, address, host):
    response = client.get(address, headers={"host": host})
    assert is_own_answer({HEADER.lower(): response[HEADER]})
