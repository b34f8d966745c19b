"""Shell completion of values: files, folders, and known names.

Names come from functions, which are called when a shell asks, so that a command's help imports none
of what they know. Values are checked where they are used, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:
    _ParamType = click.ParamType  # untyped in older versions of click


class PathType(_ParamType):
    """A path, as it was typed; shells complete it with files or with folders."""

    def __init__(self, kind: str) -> None:
        self.name = kind
        self._kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type=self._kind)]


class Known(_ParamType):
    """A name that shells complete; of names joined by commas, the last one."""

    name = "text"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, begun = incomplete.rpartition(",")
        found = (name for name in self._names() if name.startswith(begun))
        return [CompletionItem(before + comma + name) for name in found]


class Url(_ParamType):
    """An address, which no shell knows; after `--`, where a child's words stand, files."""

    name = "url"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        is_child = ctx.params.get("child") is not None
        return [CompletionItem(incomplete, type="file")] if is_child else []


def _dialects() -> Iterable[str]:
    from streamtape.dialects.select import dialects

    return (dialect.name for dialect in dialects())


def _profiles() -> Iterable[str]:
    from streamtape.checks.profiles import DEFAULT, PROFILES

    return (profile.name for profile in (*PROFILES, DEFAULT))


def _rules() -> Iterable[str]:
    from streamtape.checks.rules import NAMES

    return NAMES


def _modes() -> Iterable[str]:
    from streamtape.choices import MODES

    return MODES


def _levels() -> Iterable[str]:
    from streamtape.choices import LEVELS

    return LEVELS


def _providers() -> Iterable[str]:
    from streamtape.server.providers import PROVIDERS

    return PROVIDERS


def _formats() -> Iterable[str]:
    from streamtape.convert.formats import FORMATS

    return ("tape", *(known.name for known in FORMATS))


def _limits() -> Iterable[str]:
    from streamtape.metrics.measures import MEASURES

    return ("behaviour", *(f"{measure}=+" for measure in MEASURES))


def _tables() -> Iterable[str]:
    from streamtape.tabular.schema import TABLES

    return TABLES


def _cuts() -> Iterable[str]:
    from streamtape.playback.rechunk import KNOWN

    return KNOWN


URL = Url()
FILE = PathType("file")
FOLDER = PathType("dir")
DIALECT, PROFILE, RULES = Known(_dialects), Known(_profiles), Known(_rules)
MODE, LEVEL, PROVIDER = Known(_modes), Known(_levels), Known(_providers)
FORMAT, LIMIT, CUTS = Known(_formats), Known(_limits), Known(_cuts)
TABLE = Known(_tables)
EVERY = Known(lambda: ("event", "sentence"))
