"""Pages that refuse requests in short bursts, although their status is 200."""

import pytest

from tests.engines.wapiti.driver.conftest import answer

SLOW_DOWN = "<html><body>Too many requests. Please slow down.</body></html>"
OTHER_WORDS = "<html><body>Whoa! Take a breath and come back, friend.</body></html>"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def shop(path):
    """A page of a shop; each has other words."""
    name = "".join(LETTERS[ord(letter) % 26] for letter in path)
    return answer(body=f"<title>Shop</title><h1>{name}</h1>" + "<p>owls and perches</p>" * 20)


def crawled(driver, paths):
    """Have the driver crawl these addresses and go over to the attack."""

    async def crawl():
        for path in paths:
            await driver.get(path)

    driver.run(crawl())
    driver.traffic.crawling = False


def attack(driver, paths):
    """Return the pages that Wapiti gets to see, in order."""

    async def get_all():
        seen = []
        for path in paths:
            response = await driver.traffic.handle(None, driver.traffic.plain_request(f"http://shop.example{path}"))
            seen.append(await driver.traffic.read(response))
        return seen

    return driver.run(get_all())


@pytest.mark.parametrize(
    "words", [SLOW_DOWN, OTHER_WORDS, "<p>Anfragen zu schnell: bitte langsamer!", "Rate limit exceeded"]
)
@pytest.mark.parametrize("start_too", [True, False])
def test_bursts_of_a_page_are_sat_out_and_no_module_sees_one(alone, words, start_too):
    count = [0]

    def site(path):
        count[0] += start_too or path != "/"
        refused = count[0] > 20 and count[0] % 12 < 3 and (start_too or path != "/")
        return answer(body=words) if refused else shop(path)

    driver = alone(site)
    driver.modules["refusals"].SECONDS_UNTIL_FOR_GOOD = 60
    crawled(driver, ["/", "/a", "/search"])
    seen = attack(driver, [f"/{'a' if number % 3 else 'search'}?q={number}" for number in range(120)])
    unnoticed = [page for page in seen if words in page]
    assert len(unnoticed) <= (3 if words == OTHER_WORDS else 0), "only until several addresses had it"
    assert driver.traffic.refusals.count > 0 and not driver.ends
    assert any("refuses requests" in line for line in driver.said.lines)


def test_a_page_that_speaks_of_limits_is_a_page_of_the_site(alone):
    documentation = "<h1>API</h1>Rate limit: too many requests are refused"
    driver = alone(lambda path: answer(body=documentation) if path.startswith("/doc") else shop(path))
    crawled(driver, ["/", "/doc", "/a"])
    assert all("API" in page for page in attack(driver, [f"/doc?q={number}" for number in range(30)]))
    assert driver.traffic.refusals.count == 0 and not driver.said.lines


def test_a_start_page_that_speaks_of_limits_is_the_usual_one(alone):
    driver = alone(lambda path: answer(body="Slow down, traveller!"))
    crawled(driver, ["/", "/a"])
    attack(driver, ["/?q=1", "/a?q=2", "/b?q=3"])
    assert driver.traffic.refusals.count == 0 and not driver.ends and len(driver.asked) <= 12


def test_one_error_page_for_all_attacks_costs_few_requests_and_is_no_refusal(alone):
    driver = alone(lambda path: answer(body="Something is wrong with your input") if "?" in path else shop(path))
    crawled(driver, ["/", "/a", "/b", "/c"])
    seen = attack(driver, [f"/{'abc'[number % 3]}?q={number}" for number in range(60)])
    assert all("wrong" in page for page in seen) and len(driver.asked) <= 4 + 60 + 2 + 3
    assert driver.traffic.refusals.count == 0 and not driver.said.lines


def test_a_page_that_refuses_for_good_ends_the_scan_with_that_reason(alone):
    shut = [False]
    driver = alone(lambda path: answer(body=SLOW_DOWN) if shut[0] else shop(path))
    crawled(driver, ["/", "/a"])
    driver.traffic.refusals.bursts.known.add("Too many requests Please slow down")
    shut[0] = True
    assert driver.run(driver.get("/a?q=1")) is None
    assert driver.ends[0][:2] == ("unreachable", "site_refuses_by_page")


@pytest.mark.parametrize("renewed", [True, False])
def test_a_page_that_another_login_does_not_have_is_no_refusal(alone, renewed):
    asked = []

    def site(path):
        asked.append(path)
        if len(asked) > 1:
            return shop(path)
        driver.traffic.login.generation += renewed
        return answer(body=SLOW_DOWN)

    driver = alone(site)
    assert "owls" in attack(driver, ["/a"])[0] and len(asked) == 2
    assert bool(driver.traffic.refusals.bursts.known) != renewed
