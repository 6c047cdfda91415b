"""Scripts in the form: read in whatever encoding, and looked at as soon as they are given."""

import codecs

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scans.forms.access import AccessForm

WALK = '{"tests": [{"name": "Öwls", "commands": [{"command": "open", "target": "/ä"}]}]}'


def form(**scripts: bytes) -> AccessForm:
    return AccessForm({}, {name: SimpleUploadedFile(f"{name}.side", content) for name, content in scripts.items()})


@pytest.mark.parametrize(
    "content",
    [
        WALK.encode(),
        codecs.BOM_UTF8 + WALK.encode(),
        WALK.encode("utf-16"),
        codecs.BOM_UTF16_BE + WALK.encode("utf-16-be"),
        WALK.replace(" ", "\r\n").encode(),
    ],
)
def test_a_script_is_read_as_editors_save_it(content):
    given = form(crawl_script=content)
    assert given.is_valid() and "".join(given.cleaned_data["crawl_script"].split()) == "".join(WALK.split())
    assert given.unplayable() == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\xff\xfe\x00", b"\xe4", codecs.BOM_UTF8])
def test_a_file_without_text_is_refused(content):
    assert "is not a text file" in str(form(crawl_script=content).errors)


def test_a_script_that_cannot_be_played_is_told_at_once_but_taken():
    given = form(
        crawl_script=WALK.replace("open", "fly").encode(), logout_script=b'{"tests": []}', login_script=WALK.encode()
    )
    assert given.is_valid() and given.access().crawl_script
    assert given.unplayable() == [
        "Logout script: The script cannot be read: it has no test. The checks will end with this.",
        "Crawl script: In the test “Öwls”: Command 1, “fly”, is not one that can be played. "
        "The checks will end with this.",
    ]
