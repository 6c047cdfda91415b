"""The catalogues of messages: `python -m tests.messages` extracts, merges and compiles them (make messages).

A tool for developers, beside the tests that hold the catalogues to the source. Babel does the work, so that
nobody needs gettext's programs.
"""

import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "scans/locale"
_PLURAL, _CONTEXT = (1, 2), ((1, "c"), 2)
_KEYWORDS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], None),
    **dict.fromkeys(["ngettext", "ngettext_lazy", "Plural"], _PLURAL),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], _CONTEXT),
    "npgettext": ((1, "c"), 2, 3),
}


def catalogues() -> list[Path]:
    """The .po file of each language that the product was translated into."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def sources() -> list[Path]:
    """Every file that may hold text for people, in a fixed order."""
    code = [path for path in ROOT.glob("scans/**/*.py") if "migrations" not in path.parts]
    return sorted([*code, *ROOT.glob("dashboard/*.py"), *ROOT.glob("templates/**/*.html")])


def extracted() -> Catalog:
    """Every text that is marked for translation, with the files in which it stands."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for path in sources():
        name = str(path.relative_to(ROOT))
        for line, text, comments, context in extract("python", BytesIO(_as_python(path)), _KEYWORDS, ["Translators:"]):
            catalogue.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return catalogue


def _as_python(path: Path) -> bytes:
    """Source that Babel can read: a template's texts as calls, in one pair of brackets so that no indent counts."""
    source = path.read_text()
    return (f"({templatize(source)})" if path.suffix == ".html" else source).encode()


def read(path: Path) -> Catalog:
    """A catalogue, obsolete entries left out."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], ignore_obsolete=True)


def compiled(catalogue: Catalog) -> bytes:
    """What Django reads at run time."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def placeholders(text: str) -> list[str]:
    """The names that facts are filled in for, as {name} or %(name)s."""
    return sorted(set(re.findall(r"{(\w*)[^}]*}|%\((\w+)\)", text)))


def wrong_placeholders(message: Message) -> bool:
    """Whether a translation fills in other facts than its source; a plural form may leave the number out."""
    sources_of = message.id if isinstance(message.id, tuple) else (message.id,)
    translations = message.string if isinstance(message.string, tuple) else (message.string,)
    wanted = {name for text in sources_of for name in placeholders(text)}
    return any(not wanted.issuperset(placeholders(text)) for text in translations if text) or (
        bool(translations[-1]) and set(placeholders(translations[-1])) != wanted
    )


def update(path: Path) -> int:
    """Bring a catalogue and what is compiled from it up to date; returns how many texts lack a translation."""
    catalogue, source = read(path), extracted()
    source.creation_date = catalogue.creation_date
    catalogue.update(source, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return sum(1 for message in catalogue if message.id and not _is_translated(message))


def _is_translated(message: Message) -> bool:
    return all(message.string if isinstance(message.string, tuple) else (message.string,)) and not message.fuzzy


def untranslated(path: Path) -> list[str]:
    """The texts of the source that the catalogue lacks, or has empty or unsure."""
    catalogue = read(path)
    messages = {(one.context, one.id): one for one in catalogue if one.id}
    missing = []
    for wanted in extracted():
        message = messages.get((wanted.context, wanted.id))
        if wanted.id and not (message and _is_translated(message)):
            missing.append(wanted.id if isinstance(wanted.id, str) else wanted.id[0])
    return missing


if __name__ == "__main__":
    for one in catalogues():
        print(f"{one.relative_to(ROOT)}: {update(one)} texts lack a translation")
