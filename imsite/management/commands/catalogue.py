"""`manage.py catalogue`: say which texts lack a translation, and compile the .po files. Needs no GNU gettext."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imsite.catalogue import CONTEXT_MARK, PLURAL_MARK, catalogue_files, read_catalogue, wanted_keys
from imsite.phrases import phrase


class Command(BaseCommand):
    """Compiles catalogues; with `--check` only says whether that is needed."""

    help = phrase("Compile the translations; say which are missing or no longer used.")
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        """`--check` writes nothing and fails when something is to be done."""
        parser.add_argument(
            "--check", action="store_true", help=phrase("write nothing; fail when something is to be done")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile and report."""
        catalogues = [read_catalogue(path) for path in catalogue_files()]
        known = {key for catalogue in catalogues for key, text in catalogue.texts.items() if text}
        wanted = wanted_keys()
        problems = [phrase("missing: {text}", text=_shown(key)) for key in sorted(wanted - known)]
        problems += [phrase("unused: {text}", text=_shown(key)) for key in sorted(known - wanted)]
        for catalogue in catalogues:
            compiled, target = catalogue.to_mo(), catalogue.path.with_suffix(".mo")
            if target.exists() and target.read_bytes() == compiled:
                continue
            if options["check"]:
                problems.append(phrase("not compiled: {path}", path=catalogue.path))
            else:
                target.write_bytes(compiled)
        for problem in problems:
            self.stdout.write(problem)
        if problems and options["check"]:
            raise CommandError(phrase("{count} things to do in the translations", count=len(problems)))


def _shown(key: str) -> str:
    return key.replace(CONTEXT_MARK, " | ").replace(PLURAL_MARK, " / ")
