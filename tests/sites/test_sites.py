"""The sites that other tests scan really start, answer, and leave nothing behind."""

import sys

import httpx
import pytest

from tests.sites.datasette import datasette
from tests.sites.dokuwiki import PASSWORD, USER, dokuwiki, is_installed
from tests.sites.serving import SiteDidNotStart, free_port, serving

pytestmark = pytest.mark.process


def test_datasette_shows_its_table_and_ends():
    with datasette() as url:
        assert "Snowy owl" in httpx.get(f"{url}birds/bird", trust_env=False).text
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


@pytest.mark.skipif(not is_installed(), reason="needs the packages dokuwiki, php-cli and php-xml")
def test_dokuwiki_shows_pages_hides_its_files_and_lets_its_user_log_in():
    with dokuwiki() as url, httpx.Client(base_url=url, trust_env=False, follow_redirects=True) as client:
        assert "They fly at night" in client.get("/doku.php?id=owls").text
        for hidden in ("/nothing-here", "/conf/users.auth.php", "/data/pages/owls.txt"):
            assert client.get(hidden).status_code == 404
        page = client.post("/doku.php?id=start", data={"do": "login", "u": USER, "p": PASSWORD})
        assert "Lib Rarian" in page.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_site_that_does_not_start_says_what_it_printed(tmp_path):
    command = [sys.executable, "-c", "print('no owl today')"]
    with pytest.raises(SiteDidNotStart, match="no owl today"):
        with serving(command, f"http://127.0.0.1:{free_port()}/", cwd=tmp_path):
            pass
