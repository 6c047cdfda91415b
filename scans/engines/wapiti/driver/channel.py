# SPDX-License-Identifier: GPL-2.0-or-later
#
# This program is free software; you can redistribute it and/or modify it under the terms of the GNU
# General Public License as published by the Free Software Foundation; either version 2 of the License,
# or (at your option) any later version. It comes without any warranty; see the file LICENSE beside it.
"""Talking to the product: events out on stdout, commands in on stdin, a heartbeat, the engine's own words as log."""

import json
import os
import queue
import sys
import threading
import time

SECONDS_BETWEEN_BEATS = 1.0
SECONDS_TO_END_WHEN_ORPHANED = 0.8  # in good order, as at a checkpoint
SECONDS_TO_BE_GONE = 0.95
# Fields of events that hold words of ours or of Wapiti's; a cookie may have such a word as its value.
VOCABULARY = {"event", "phase", "module", "category", "severity", "method", "reach", "level", "outcome"}


class Channel:
    """The pipe to the product. Events may be sent from any thread; what others print becomes log lines."""

    def __init__(self):
        # Only this object keeps the real stdout: a stray print or a C library cannot break the protocol.
        self.events = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self.writing = threading.Lock()
        self.commands = queue.SimpleQueue()
        self.secrets = set()  # what is masked in everything that is said
        self.heard = threading.Event()
        sys.stdout = sys.stderr = Words(self)  # tracebacks too: an error may quote what is secret

    def read_job(self):
        """The job, from the first line; raises ValueError."""
        return json.loads(sys.stdin.buffer.readline())

    def send(self, event, **values):
        """Write one event. If nobody listens any more, end at once: stdin's end says so too."""
        with self.writing:
            self.write(event, values)

    def write(self, event, values):
        # Unescaped, a line is never near the longest that is read, whatever is in the site's answers.
        line = json.dumps(self.told({"event": event, **values}), ensure_ascii=False) + "\n"
        try:
            self.events.write(line.encode("utf-8", "replace"))
            self.events.flush()
        except BrokenPipeError:
            os._exit(1)

    def told(self, value):
        """The same value, masked in every text that is no word of ours."""
        if isinstance(value, dict):
            return {name: entry if name in VOCABULARY else self.told(entry) for name, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self.told(entry) for entry in value]
        return self.masked(value) if isinstance(value, str) else value

    def masked(self, text):
        """The text without the secrets; the longest first since one may hold another."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def log(self, level, text):
        """One line for the engine's log. Masked before it is cut: half a secret would be known by nobody."""
        self.send("log", level=level, text=self.masked(text)[:8000])

    def end(self, outcome, reason=""):
        """Say how it ended and leave, without waiting for threads or event loops that may hang."""
        with self.writing:  # for good: nothing may be said after the end
            self.write("ended", {"outcome": outcome, "reason": self.masked(reason)[:2000]})
            os._exit(0)

    def listen(self, seconds_to_stay):
        """Start collecting commands; the end of stdin is the command "orphaned", and a promise to be gone soon.

        So is silence for `seconds_to_stay`, unless they are 0.
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
                self.log("warning", "unreadable command")  # not what it was: it may hold a session
        self._leave()

    def _mind(self, seconds):
        """Leave after so many seconds without a word. Where this process was frozen too, that time does not count."""
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
        threading.Timer(SECONDS_TO_BE_GONE, os._exit, [1]).start()  # in case saying so blocks
        time.sleep(SECONDS_TO_END_WHEN_ORPHANED)
        self.end("orphaned", "the worker is gone")

    def beat(self, progress):
        """Send progress() once a second from a thread of its own, whenever it gives something."""
        threading.Thread(target=self._beat, args=(progress,), daemon=True).start()

    def _beat(self, progress):
        while True:
            if values := progress():
                self.send("progress", **values)
            time.sleep(SECONDS_BETWEEN_BEATS)


class Words:
    """A sys.stdout and sys.stderr whose lines become log events; Wapiti prints and logs there."""

    encoding = "utf-8"

    def __init__(self, channel):
        self.channel = channel
        self.unfinished = ""

    def write(self, text):
        """Take text; each finished, non-empty line is logged ("[!]" is how Wapiti marks its warnings)."""
        *lines, self.unfinished = (self.unfinished + self.channel.masked(text)).split("\n")
        for line in lines:
            if line.strip():
                self.channel.log("warning" if line.startswith("[!]") else "info", line.rstrip())
        return len(text)

    def flush(self):
        """Nothing is held back but unfinished lines."""

    def isatty(self):
        """No colours, no questions."""
        return False
