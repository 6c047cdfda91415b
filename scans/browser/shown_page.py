"""The page as a person sees it, at several moments: some messages go away again. Runs in the child process."""

from contextlib import suppress
from html import escape
from pathlib import Path

from playwright.sync_api import Error

WALK = (Path(__file__).parent / "shown_page.js").read_text(encoding="utf-8")
LONGEST = 200_000  # characters of one document
MOST_MOMENTS = 8


class ShownPage:
    """The HTML that a page and its frames show, and the words of its dialogs. The newest comes first."""

    def __init__(self, player):
        self._player = player
        self._moments: list[str] = []
        self.before, self.url = "", ""  # what was shown where the password was sent, and at what address

    def listen(self) -> None:
        """Answer the page's dialogs from now on, and keep what they say."""
        self._player.page.on("dialog", self._answer)

    def _answer(self, dialog) -> None:
        with suppress(Error):  # it is gone already
            if dialog.type == "beforeunload":
                dialog.accept()
            else:
                self._keep(f"<p role=alert>{escape(dialog.message)}</p>")
                dialog.dismiss()

    def begin(self) -> None:
        """Remember what is shown before the password is sent."""
        self.before, self.url = self._now(), self._player.page.url

    def look(self) -> None:
        """Keep what is shown at this moment."""
        self._keep(self._now())

    def _keep(self, html: str) -> None:
        if html and html not in self._moments:
            self._moments = [html, *self._moments][:MOST_MOMENTS]

    def told(self) -> dict[str, str]:
        """Return what was shown before and since, as base.Played has it."""
        self.look()
        return {"shown": "".join(self._moments), "shown_before": self.before, "form_url": self.url}

    def _now(self) -> str:
        documents = []
        for frame in self._player.page.frames:
            with suppress(Error):  # it is just being loaded
                if frame.parent_frame is None or frame.frame_element().is_visible():
                    documents.append(frame.evaluate(WALK, {"most": LONGEST}))
        return "".join(documents).replace("\0", " ")
