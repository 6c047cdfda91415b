# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The driver's connection to the product: events on stdout, commands on stdin, heartbeats and log lines."""

import json
import os
import queue
import sys
import threading
import time

SECONDS_BETWEEN_BEATS = 1.0
SECONDS_TO_END_WHEN_ORPHANED = 0.8  # in good order, as at a checkpoint
SECONDS_TO_BE_GONE = 0.95
# Event fields that hold our or Wapiti's own words; a cookie's value may equal such a word.
VOCABULARY = {"event", "phase", "module", "category", "severity", "method", "reach", "level", "outcome"}


class Channel:
    """The pipe to the product. Any thread may send events; everything else that is printed becomes log lines."""

    def __init__(self):
        # Only this object keeps the real stdout: a stray print or a C library cannot break the protocol.
        self.events = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self.writing = threading.Lock()
        self.commands = queue.SimpleQueue()
        self.secrets = set()  # masked in everything that is sent
        self.heard = threading.Event()
        sys.stdout = sys.stderr = Words(self)  # tracebacks too: an error may quote a secret

    def read_job(self):
        """Return the job from the first line of stdin. Raises ValueError."""
        return json.loads(sys.stdin.buffer.readline())

    def send(self, event, **values):
        """Write one event. If nobody reads any more, exit at once, as at the end of stdin."""
        with self.writing:
            self.write(event, values)

    def write(self, event, values):
        # Unescaped, a line stays far below the longest that is read, whatever the site's responses contain.
        line = json.dumps(self.told({"event": event, **values}), ensure_ascii=False) + "\n"
        try:
            self.events.write(line.encode("utf-8", "replace"))
            self.events.flush()
        except BrokenPipeError:
            os._exit(1)

    def told(self, value):
        """Return the same value with secrets masked, except in our own words."""
        if isinstance(value, dict):
            return {name: entry if name in VOCABULARY else self.told(entry) for name, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self.told(entry) for entry in value]
        return self.masked(value) if isinstance(value, str) else value

    def masked(self, text):
        """Return the text without secrets. The longest secret is masked first, since it may contain another."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def log(self, level, text):
        """Send one line of the engine's log. It is masked before it is cut: nobody would recognise half a secret."""
        self.send("log", level=level, text=self.masked(text)[:8000])

    def end(self, outcome, reason="", **facts):
        """Report the ending and exit, without waiting for threads or event loops that may hang.

        `reason` is a code of scans.reasons, of which `facts` are the facts, or a text.
        """
        facts = {name: self.masked(fact)[:2000] if isinstance(fact, str) else fact for name, fact in facts.items()}
        with self.writing:  # kept for good: nothing may be sent after the end
            self.write("ended", {"outcome": outcome, "reason": self.masked(reason)[:2000], "facts": facts})
            os._exit(0)

    def listen(self, seconds_to_stay):
        """Start collecting commands. The end of stdin is the command "orphaned": the process must exit soon.

        Silence for `seconds_to_stay` means the same, unless it is 0.
        """
        threading.Thread(target=self._listen, daemon=True).start()
        if seconds_to_stay:
            threading.Thread(target=self._mind, args=(seconds_to_stay,), daemon=True).start()

    def _listen(self):
        for line in sys.stdin.buffer:
            self.heard.set()
            try:
                values = json.loads(line)
                if values.get("command") != "stay":
                    self.commands.put(values["login"] if "login" in values else str(values["command"]))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.log("warning", "unreadable command")  # not the line itself: it may hold a session
        self._leave()

    def _mind(self, seconds):
        """Exit after that many seconds of silence. Time in which this process itself was frozen does not count."""
        left = seconds
        while left > 0:
            if self.heard.wait(1):
                self.heard.clear()
                left = seconds
            else:
                left -= 1
        self._leave()

    def _leave(self):
        self.commands.put("orphaned")
        threading.Timer(SECONDS_TO_BE_GONE, os._exit, [1]).start()  # in case sending blocks
        time.sleep(SECONDS_TO_END_WHEN_ORPHANED)
        self.end("orphaned", "engine_ended_orphaned")

    def beat(self, progress):
        """Send progress() once a second from a separate thread, unless it returns nothing."""
        threading.Thread(target=self._beat, args=(progress,), daemon=True).start()

    def _beat(self, progress):
        while True:
            if values := progress():
                self.send("progress", **values)
            time.sleep(SECONDS_BETWEEN_BEATS)


class Words:
    """A sys.stdout and sys.stderr whose lines become log events. Wapiti prints and logs there."""

    encoding = "utf-8"

    def __init__(self, channel):
        self.channel = channel
        self.unfinished = ""

    def write(self, text):
        """Take text and log each complete, non-empty line ("[!]" is Wapiti's mark for warnings)."""
        *lines, self.unfinished = (self.unfinished + self.channel.masked(text)).split("\n")
        for line in lines:
            if line.strip():
                self.channel.log("warning" if line.startswith("[!]") else "info", line.rstrip())
        return len(text)

    def flush(self):
        """Do nothing: only incomplete lines are held back."""

    def isatty(self):
        """Return False, so that Wapiti uses no colours and asks no questions."""
        return False
