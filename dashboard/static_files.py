"""Static files under names that carry what is in them, so that browsers keep them for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own switch for this reads every package's scripts, and stumbles over examples in their comments.
_IMPORT = (
    r"""(?P<matched>import(?P<names>[^"';]+)from "(?P<url>\./[^"]+)";)""",
    """import%(names)sfrom "%(url)s";""",
)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Our scripts import each other by those names too: one that is a tag as well is loaded once."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (_IMPORT,)))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """As WhiteNoise, worked out once: a page has sixty addresses, which change with a restart only."""
        if name not in self._addresses:
            self._addresses[name] = super().url(name, force)
        return self._addresses[name]
