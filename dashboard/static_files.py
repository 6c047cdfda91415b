"""Static files under names with a hash of their content, so that browsers can cache them forever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own option for this reads the scripts of every package, and fails on examples in their comments.
_IMPORT = (r"""(?P<matched>import(?P<names>[^"';]+)from "(?P<url>\./[^"]+)";)""", """import%(names)sfrom "%(url)s";""")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports of our scripts, so that a script with a tag of its own is not loaded twice."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (_IMPORT,)))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """As WhiteNoise, but cached: a page has sixty addresses, which change only with a restart."""
        if name not in self._addresses:
            self._addresses[name] = super().url(name, force)
        return self._addresses[name]
