"""How the static files ship: a stylesheet of ours has in it those that it imports, so that a page asks for one."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = "css/"
IMPORT = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)
# Comments that end a line, and the ends of lines where CSS needs none.
FOR_READERS = re.compile(r"/\*.*?\*/\n\s*|(?<=[{};,])\n\s*", re.DOTALL)
Sources = dict[str, tuple[Storage, str]]


class BundlingStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names and compressed copies, as WhiteNoise makes them of the bundled stylesheets."""

    def post_process(self, paths: Sources, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Bundle, then hash and compress. `paths` names each collected file and where it comes from."""
        if not dry_run:
            bundles = {name: bundled(name, paths) for name in paths if name.startswith(OURS)}
            for name, text in bundles.items():
                Path(self.path(name)).write_text(text, encoding="utf-8")
            paths = paths | {name: (self, name) for name in bundles}
        yield from super().post_process(paths, dry_run, **options)


def bundled(name: str, paths: Sources) -> str:
    """Return the stylesheet `name`, with what it imports in it, and without what is there for readers alone."""
    storage, path = paths[name]
    with storage.open(path) as file:
        text = file.read().decode()
    folder = posixpath.dirname(name)
    text = IMPORT.sub(lambda found: bundled(posixpath.normpath(posixpath.join(folder, found[1])), paths), text)
    return FOR_READERS.sub("", text)
