"""manage.py results: write the results of an analysis to a file."""

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import CommandError
from django.utils.crypto import get_random_string

from scans.browser import CannotPrint
from scans.exports.formats import FORMATS, LIMITS
from scans.exports.results import Results
from scans.exports.streams import as_bytes
from scans.harmless import one_line
from scans.management.database import DatabaseCommand
from scans.models import Analysis

NOT_WRITTEN, NOT_COMPLETE = 1, 3


class Command(DatabaseCommand):
    help = (
        "Write the results of one analysis. Exit code 0: complete and published; 3: written, but partial, under "
        "verification or not ended (stderr tells which); 1: not written."
    )
    requires_system_checks = []
    without_database = NOT_WRITTEN

    def add_arguments(self, parser) -> None:
        parser.add_argument("id", type=int, help="the number in the address of the analysis' page")
        parser.add_argument("--format", choices=list(FORMATS), default="json", help="default: json")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file; default: standard output")

    def handle(self, *, id: int, format: str, output: Path | None, **options) -> None:
        """Write the file, and report on standard error what is missing."""
        analysis = Analysis.objects.present().select_related("series", "owner").filter(pk=id).first()
        if analysis is None:
            raise CommandError(f"There is no analysis {id}.", returncode=NOT_WRITTEN)
        results = Results(analysis, limit=LIMITS.get(format))
        try:
            pieces = FORMATS[format](results)
            with _opened(output, self.stdout) as write:
                for piece in pieces:
                    write(piece)
        except CannotPrint as error:
            raise CommandError(str(error), returncode=NOT_WRITTEN) from error
        except BrokenPipeError:
            raise  # the reader has closed the pipe, which is not an error
        except OSError as error:
            where = output or "Standard output"
            raise CommandError(f"{where} cannot be written: {error.strerror}.", returncode=NOT_WRITTEN) from error
        for notice in results.notices():
            self.stderr.write(one_line(notice))
        if not results.final:
            sys.exit(NOT_COMPLETE)


@contextmanager
def _opened(output: Path | None, stdout):
    """Yield a function that writes pieces of text or bytes in UTF-8 to the file or standard output."""
    if output and (output.is_file() or not output.exists()):
        # An earlier file stays whole until the new one is, whatever happens, as on a full disk
        file_itself = output.resolve()
        draft = file_itself.with_name(f".{file_itself.name}.{get_random_string(8)}")
        try:
            with draft.open("xb") as file:
                yield lambda piece: file.write(as_bytes(piece))
            if file_itself.exists():
                shutil.copymode(file_itself, draft)
            draft.replace(file_itself)
        finally:
            draft.unlink(missing_ok=True)
    elif output:  # a pipe or a device
        with output.open("wb") as file:
            yield lambda piece: file.write(as_bytes(piece))
    elif binary := getattr(stdout._out, "buffer", None):  # a terminal may have an encoding without umlauts
        yield lambda piece: binary.write(as_bytes(piece))
        binary.flush()
    else:
        yield lambda piece: stdout.write(piece, ending="")
