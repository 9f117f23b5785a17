"""List every sentence that people read, with where it stands: `python -m tests.sentences [part of a path]…`.

Pages and mails are read by Jinja's lexer and an HTML parser, modules by `ast`, scripts by Pygments' lexer. `{}` stands
for a value, `¦` for the edge of something that is shown or not.
"""

import ast
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, nodes
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import String

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "batches", "common", "dashboard", "syllable", "trail")
VALUE, EDGE, END = "{}", "¦", "\ufffc"
SPOKEN = {"alt", "aria-label", "content", "label", "placeholder", "title"}
INLINE = {"a", "abbr", "bdi", "code", "em", "span", "strong"}
SILENT = {"script", "style"}
WORDS = re.compile(r"[A-Za-z{][^\W\d_]*[^\s]*\s+\S|[A-Z][a-z]+[.…]?$")
# What looks like words and is none: code, addresses, classes of CSS, formats of moments.
CODE = re.compile(r"[=;\\<>]|^%|/\{?\}?/|^[a-z_-]+( [a-z]+-[a-z-]+)+$|width=|https?:")


class Sentence(NamedTuple):
    """A text that people read, and where it stands."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.text}"


class Page(HTMLParser):
    """A parser that collects the texts of a page, and of those attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._text, self._line, self._silent = "", 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(self.getpos()[0], value) for name, value in attrs if name in SPOKEN and value]
        self._silent += tag in SILENT
        if tag not in INLINE:
            self.end_text()

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT
        if tag not in INLINE:
            self.end_text()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        line = self.getpos()[0]
        for number, part in enumerate(data.split(END)):
            if number:
                self.end_text()
            if not self._text.strip():
                self._line = line + part[: len(part) - len(part.lstrip())].count("\n")
            self._text += part
            line += part.count("\n")

    def end_text(self) -> None:
        """End the text that was begun, as at an element that is no part of a line."""
        if self._text.strip():
            self.found.append((self._line, self._text))
        self._text = ""


def of_template(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a template: its text, and the texts that it gives to macros."""
    source, environment = path.read_text(), Environment()
    page = Page()
    page.feed(_as_html(environment, source))
    page.close()
    page.end_text()
    found = [(line, text) for line, text in page.found if re.search(r"[A-Za-z]{2}", text.replace(VALUE, ""))]
    if path.suffix == ".html" and "django" not in path.relative_to(ROOT).parts:
        constants = environment.parse(source).find_all(nodes.Const)
        found += [(node.lineno, node.value) for node in constants if _is_spoken(node.value)]
    for line, text in sorted(found, key=lambda one: one[0]):
        if text.strip(f" {EDGE}\n"):
            yield Sentence(path, line, _tidy(text))


def _as_html(environment: Environment, source: str) -> str:
    """Return the source with a mark for each statement and expression, line by line as it was."""
    written, inside, first = "", "", ""
    for _, kind, text in environment.lex(source):
        if kind == "data" and not inside:
            written += text
        elif kind in ("variable_begin", "block_begin", "comment_begin"):
            inside, first = kind, ""
        elif kind in ("variable_end", "block_end", "comment_end"):
            edge = END if first in ("block", "endblock", "extends", "include", "from") else EDGE
            written += {"variable_begin": VALUE, "block_begin": edge}.get(inside, "") + "\n" * text.count("\n")
            inside = ""
        else:
            first = first or text.strip()
            written += "\n" * text.count("\n")
    return written


def of_module(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a module: its texts except docstrings, words of code and lines of the log."""
    tree = ast.parse(path.read_text())
    passed_over = set(_passed_over(tree))
    for node in sorted(ast.walk(tree), key=lambda node: getattr(node, "lineno", 0)):
        if id(node) in passed_over:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values]
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if _is_spoken(text):
            yield Sentence(path, node.lineno, _tidy(text))


def _passed_over(tree: ast.AST) -> Iterator[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr):
            yield id(node.body[0].value)
        elif isinstance(node, ast.JoinedStr):
            yield from map(id, node.values)
        elif isinstance(node, (ast.Call, ast.Subscript)) and _is_for_engineers(node):
            yield from map(id, ast.walk(node))


def _is_for_engineers(node: ast.Call | ast.Subscript) -> bool:
    """Return whether a call writes to the log, compiles an expression, or names a type."""
    called = node.func if isinstance(node, ast.Call) else node.value
    name = ast.unparse(called)
    return name.startswith(("log.", "logger.", "re.", "logging.")) or name in ("TypeVar", "Future", "cast")


def of_script(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a script: its texts, with values as the script has them."""
    source, text, begun = path.read_text(), "", 0
    for at, kind, value in JavascriptLexer().get_tokens_unprocessed(source):
        in_text = kind in String or (text.count("`") == 1 and text.startswith("`"))
        if in_text and not text:
            begun = at
        text = text + value if in_text else ""
        if len(text) > 1 and text[0] == text[-1] and text[0] in "`'\"":
            if _is_spoken(text[1:-1]) and "[" not in text:
                yield Sentence(path, source.count("\n", 0, begun) + 1, _tidy(text[1:-1]))
            text = ""


def _is_spoken(text: object) -> bool:
    return isinstance(text, str) and bool(WORDS.match(text.strip())) and not CODE.search(text)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def sentences() -> Iterator[Sentence]:
    """Yield every sentence, file by file."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield from of_template(path)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from of_module(path)
    for path in sorted((ROOT / "static" / "js").glob("*.js")):
        yield from of_script(path)


if __name__ == "__main__":
    for sentence in sentences():
        if not sys.argv[1:] or any(part in str(sentence.path) for part in sys.argv[1:]):
            sys.stdout.write(f"{sentence}\n")
