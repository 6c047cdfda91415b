"""The encoding of a page, as browsers find it (HTML, “determining the character encoding”), and of what its forms send.

An encoding is the name of one of Python's codecs. Labels mean what the Encoding standard says: “iso-8859-1” is
windows-1252, for example.
"""

import codecs
import re

_UTF_8 = "utf-8"
_UNLABELLED = "cp1252"  # what browsers take for a page that says nothing and is not UTF-8
_LOOKED_AT = 4096  # bytes in which a page may name its encoding; browsers look at 1,024 and at the rest of the head
_MARKS = ((codecs.BOM_UTF8, _UTF_8), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))
_CHARSET = re.compile(r"charset\s*=[\s\"']*+([^\s\"';,>]+)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(-->|$)", re.DOTALL)
_META = re.compile(r"<meta[\s/]([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_XML = re.compile(r"^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']+)")
# The encodings of the standard: Python's codec → the name by which pages see it.
_NAMES = {
    _UTF_8: "UTF-8",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    **{f"cp{number}": f"windows-{number}" for number in (874, *range(1250, 1259))},
    **{f"iso8859-{number}": f"ISO-8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "koi8-r": "KOI8-R",
    "koi8-u": "KOI8-U",
    "cp866": "IBM866",
    "mac-roman": "macintosh",
    "mac-cyrillic": "x-mac-cyrillic",
    "gbk": "GBK",
    "gb18030": "gb18030",
    "big5hkscs": "Big5",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
}
# Labels that Python does not know, or takes for something else.
_LABELS = {
    "unicode-1-1-utf-8": _UTF_8,
    "x-unicode20utf8": _UTF_8,
    "utf-16": "utf-16-le",
    "unicode": "utf-16-le",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-user-defined": "cp1252",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "logical": "iso8859-8",
    "x-gbk": "gbk",
    "gb_2312-80": "gbk",
    "x-x-big5": "big5hkscs",
    "x-euc-jp": "euc_jp",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "windows-949": "cp949",
    "ks_c_5601-1989": "cp949",
    "x-mac-roman": "mac-roman",
    "x-mac-ukrainian": "mac-cyrillic",
}
# Codecs whose labels mean a larger encoding.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gbk",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "johab": "cp949",
    "shift_jis": "cp932",
}


def by_label(label: str) -> str:
    """Return the encoding that a label means; empty for an unknown one, and for codecs that are no encodings."""
    label = label.strip().lower()
    try:
        codec = _LABELS.get(label) or codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    codec = _MEANT.get(codec, codec)
    return codec if codec in _NAMES else ""


def encoding_of(body: bytes, content_type: str) -> str:
    """Return the encoding of a response's body: by its byte order mark, its header, or what the page itself says."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return encoding
    said = _CHARSET.search(content_type)
    if said and (encoding := by_label(said[1])):
        return encoding
    is_page = not content_type or "html" in content_type.lower() or "xml" in content_type.lower()
    if is_page and (encoding := _said_by_page(body[:_LOOKED_AT].decode("latin-1"))):
        return encoding
    return _UTF_8 if _is_utf_8(body) else _UNLABELLED


def decoded(body: bytes, encoding: str) -> str:
    """Return a body as text, without its byte order mark. Bytes that mean nothing are replaced."""
    codec = "gb18030" if encoding == "gbk" else encoding
    return body.decode(codec, errors="replace").removeprefix("\ufeff")


def for_forms(encoding: str) -> str:
    """Return the encoding in which the forms of a page are sent: no form is sent in UTF-16."""
    return _UTF_8 if encoding.startswith("utf-16") else encoding


def encoded(text: str, encoding: str) -> bytes:
    """Return what a form sends for a text. A letter that the encoding does not have becomes “&#…;” (HTML)."""
    return text.encode(encoding, errors="xmlcharrefreplace")


def name_of(encoding: str) -> str:
    """Return the name of an encoding as the standard spells it."""
    return _NAMES[encoding]


def _said_by_page(beginning: str) -> str:
    """Return the encoding that a page states in its XML declaration or a <meta>; empty if none is usable."""
    if xml := _XML.match(beginning):
        return _meant_by_page(xml[1])
    for meta in _META.findall(_COMMENT.sub("", beginning)):
        given = {name.lower(): "".join(values) for name, *values in _ATTRIBUTE.findall(meta)}
        label = given.get("charset", "")
        if not label and given.get("http-equiv", "").strip().lower() == "content-type":
            said = _CHARSET.search(given.get("content", ""))
            label = said[1] if said else ""
        if encoding := _meant_by_page(label):
            return encoding
    return ""


def _meant_by_page(label: str) -> str:
    """Return the encoding of a label that could be read: a page whose label can be read is not in UTF-16."""
    return for_forms(by_label(label))


def _is_utf_8(body: bytes) -> bool:
    """Return whether a body, which may have been cut inside a letter, is UTF-8."""
    try:
        codecs.getincrementaldecoder(_UTF_8)().decode(body)
    except UnicodeDecodeError:
        return False
    return True
