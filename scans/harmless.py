"""Texts of strangers, made harmless to show: sites, engines and people can write characters that command a terminal,
forge a line of a log, or turn the letters around them.

Texts are stored as they came, because verification compares them. They are made harmless where they are shown: by the
template engine, the writer of CSV, the output of commands, and the formatter of logs.
"""

import re

# Every character that controls or hides instead of showing something: Unicode's categories Cc, Cf, Cs, Zl and Zp, and
# letters that are blank. A line break and a tab stay, and so does the carriage return of HTTP's line breaks.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "(?<!\r(?=\n))"
)
_USUAL = bytes((0x09, 0x0A, *range(0x20, 0x7F)))
_LINE_BREAK = re.compile("\r?\n")
_DELETE = 0x7F
_PICTURES = 0x2400  # Unicode has a picture of each ASCII control character


def harmless(text: object) -> str:
    """Return the text with a visible stand-in for each harmful character, such as ␛ or \\u202e. Line breaks stay."""
    text = str(text)
    # The expression reads 60 characters a microsecond, and pages have 200,000. Most are letters of ASCII, which bytes
    # leave out a hundred times as fast.
    unusual = text.encode(errors="surrogatepass").translate(None, _USUAL).decode(errors="surrogatepass")
    return _HARMFUL.sub(_stand_in, text) if _HARMFUL.search(unusual) else text


def one_line(text: object) -> str:
    """Return the text made harmless, with ␊ for each line break: it cannot pass for a second line."""
    return harmless(_LINE_BREAK.sub("␊", str(text)))


def exact(html: str) -> str:
    """Return the same HTML with a reference for each harmful character: the field of a form keeps what it was given."""
    return _HARMFUL.sub(_reference, html)


def _reference(found: re.Match) -> str:
    code = ord(found[0])
    return found[0] if 0x80 <= code <= 0x9F else f"&#{code};"  # HTML takes references to these for other characters


def _stand_in(found: re.Match) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "␡"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
