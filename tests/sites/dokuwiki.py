"""DokuWiki from Debian's package, copied into a temporary folder and served by PHP's own server.

The packages are `dokuwiki`, `php-cli` and `php-xml`. Nothing of the installed package is changed.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sites.serving import free_port, serving

PACKAGE = Path("/usr/share/dokuwiki")
PACKAGE_CONFIGURATION = Path("/etc/dokuwiki")
# What DokuWiki expects to exist below its data folder.
DATA_FOLDERS = "attic cache index locks log media media_attic media_meta meta pages tmp".split()

USER = "librarian"
PASSWORD = "owls-fly-by-night"

PAGES = {
    "start": "====== Library ======\n\nRead about [[owls]] and [[letters]].\n",
    "owls": "====== Owls ======\n\nThey fly at night. Back to the [[start]].\n",
    "letters": "====== Letters ======\n\nCarried by [[owls]].\n",
}

# Like a real web server: a file that is not there is a 404, and not the start page.
ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = is_string($path) ? realpath($_SERVER['DOCUMENT_ROOT'] . rawurldecode($path)) : false;
$inside = $file !== false && str_starts_with($file . '/', $_SERVER['DOCUMENT_ROOT'] . '/');
$private = preg_match('#^/(conf|data|bin|inc|vendor)(/|$)#', (string) $path);
if (!$inside || $private) { http_response_code(404); echo 'Not found'; return true; }
return false;
"""


def is_installed() -> bool:
    """Say whether this machine has what `dokuwiki` needs."""
    return PACKAGE.is_dir() and shutil.which("php") is not None


@contextmanager
def dokuwiki() -> Iterator[str]:
    """Yield the base URL of a wiki with three pages, which `USER` may edit after logging in."""
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "wiki"
        _install(root)
        router = Path(folder) / "router.php"
        router.write_text(ROUTER)
        port = free_port()
        # Several workers, since a page asks for its own parts while it is being shown.
        with serving(
            ["php", "-S", f"127.0.0.1:{port}", "-t", str(root), str(router)],
            f"http://127.0.0.1:{port}/doku.php",
            cwd=root,
            env={"PHP_CLI_SERVER_WORKERS": "4"},
        ):
            yield f"http://127.0.0.1:{port}/"


# Debian's preload.php and links point to the machine's own configuration and data.
_OF_THE_MACHINE = shutil.ignore_patterns("preload.php", "install.php", ".htaccess*")


def _not_copied(folder: str, names: list[str]) -> set[str]:
    """What is the machine's own, and every language but one: three files of four."""
    return set(names) - {"en"} if Path(folder).name == "lang" else _OF_THE_MACHINE(folder, names)


def _install(root: Path) -> None:
    """Lay out an unpackaged DokuWiki below `root`: program, conf/ and data/ side by side."""
    shutil.copytree(PACKAGE, root, ignore=_not_copied)
    configuration = root / "conf"
    shutil.copytree(PACKAGE_CONFIGURATION, configuration, symlinks=True)
    for link in [path for path in configuration.iterdir() if path.is_symlink()]:
        link.unlink()
    for name in DATA_FOLDERS:
        (root / "data" / name).mkdir(parents=True)
    for name, text in PAGES.items():
        (root / "data" / "pages" / f"{name}.txt").write_text(text)

    hashed = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()  # one of the forms DokuWiki reads
    (configuration / "users.auth.php").write_text(f"{USER}:{hashed}:Lib Rarian:lib@example.org:user\n")
    (configuration / "acl.auth.php").write_text("*\t@ALL\t1\n*\t@user\t8\n")
    (configuration / "local.php").write_text(
        "<?php\n"
        "$conf['title'] = 'Library';\n"
        "$conf['license'] = '0';\n"
        f"$conf['savedir'] = '{root / 'data'}';\n"
        "$conf['useacl'] = 1;\n"
        "$conf['updatecheck'] = 0;\n"
    )
