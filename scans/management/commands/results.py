"""manage.py results: what an analysis found, as a file."""

import sys
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import CommandError

from scans.browser import CannotPrint
from scans.exports.formats import FORMATS
from scans.exports.results import Results
from scans.management.database import DatabaseCommand
from scans.models import Analysis

NOT_WRITTEN, NOT_COMPLETE = 1, 3


class Command(DatabaseCommand):
    """Write the results of one analysis in one of the formats of docs/exports.md."""

    help = (
        "Write the results of one analysis. Exit code 0: complete and published; 3: written, but partial, under "
        "verification or not ended (stderr says which); 1: not written."
    )
    requires_system_checks = []
    without_database = NOT_WRITTEN

    def add_arguments(self, parser) -> None:
        """Which analysis, in which format, and where to."""
        parser.add_argument("id", type=int, help="the number in the summary page's address")
        parser.add_argument("--format", choices=list(FORMATS), default="json", help="default: json")
        parser.add_argument("--output", type=Path, metavar="FILE", help="a file to write; default: standard output")

    def handle(self, *, id: int, format: str, output: Path | None, **options) -> None:
        """Write the file, and say on standard error what is missing in it."""
        analysis = Analysis.objects.present().select_related("series", "owner").filter(pk=id).first()
        if analysis is None:
            raise CommandError(f"There is no analysis {id}.", returncode=NOT_WRITTEN)
        results = Results(analysis)
        try:
            pieces = FORMATS[format](results)
            with _opened(output, self.stdout) as write:
                for piece in pieces:
                    write(piece)
        except CannotPrint as error:
            raise CommandError(str(error), returncode=NOT_WRITTEN) from error
        except BrokenPipeError:
            raise  # nobody reads on, which is no error
        except OSError as error:
            where = output or "Standard output"
            raise CommandError(f"{where} cannot be written: {error.strerror}.", returncode=NOT_WRITTEN) from error
        for notice in results.notices():
            self.stderr.write(notice)
        if not results.final:
            sys.exit(NOT_COMPLETE)


@contextmanager
def _opened(output: Path | None, stdout):
    """What takes pieces of text or bytes: the file, or standard output."""
    if output is None:
        binary = getattr(stdout._out, "buffer", None)
        yield lambda piece: binary.write(piece) if isinstance(piece, bytes) else stdout.write(piece, ending="")
        return
    with output.open("wb") as file:
        yield lambda piece: file.write(piece if isinstance(piece, bytes) else piece.encode())
