"""The base of every command: what it prints is harmless to a terminal, whatever a site or a person wrote."""

from django.core.management.base import BaseCommand, OutputWrapper

from scans.harmless import harmless


class HarmlessOutput(OutputWrapper):
    """Standard output or standard error of a command. Text is made harmless; colours of our own are added after."""

    def write(self, msg="", style_func=None, ending=None) -> None:
        """Write one message, with its line breaks. Use `one_line` for a text that must not have any."""
        super().write(harmless(msg), style_func, ending)


class HarmlessCommand(BaseCommand):
    """A command that writes by HarmlessOutput, wherever Django or a caller sends its output."""

    @property
    def stdout(self) -> HarmlessOutput:
        """Standard output."""
        return self._stdout

    @stdout.setter
    def stdout(self, output: OutputWrapper) -> None:
        self._stdout = HarmlessOutput(output._out)

    @property
    def stderr(self) -> HarmlessOutput:
        """Standard error."""
        return self._stderr

    @stderr.setter
    def stderr(self, output: OutputWrapper) -> None:
        self._stderr = HarmlessOutput(output._out)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs):
        """Return the parser. Its errors quote what was typed."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        tell = parser.error
        parser.error = lambda message: tell(harmless(message))
        return parser
