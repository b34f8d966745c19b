"""Build the documentation site: `python -m tools.docs.build` leaves it in build/docs/site.

The pages that people write are in tools/docs/site; the reference is written from the package
(reference.py), and the documents of the checkout that people also read on the site are taken over
with their links led there. A broken link, a missing page or a page outside of the navigation is an
error. `--pages` writes the pages and stops: nothing beyond the package is needed for that.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import streamtape
from tools.docs import json_outputs, reference

REPO = Path(__file__).parents[2]
SITE = REPO / "tools" / "docs" / "site"
BUILD = REPO / "build" / "docs"

# Documents of the checkout, and where they stand on the site.
TAKEN_OVER = {
    "SECURITY.md": "explanation/security.md",
    "CLIENTS.md": "reference/clients.md",
    "CHANGELOG.md": "changelog.md",
    "streamtape/tape/FORMAT.md": "explanation/format.md",
    "streamtape/dialects/SERVERS.md": "reference/servers.md",
}
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def taken_over(source: str, target: str) -> str:
    """A document of the checkout, whose links to files are led to the site, or named as text."""

    def led(match: re.Match[str]) -> str:
        text, path, anchor = match[1], match[2], match[3] or ""
        named = str((REPO / source).parent.joinpath(path).resolve().relative_to(REPO))
        there = TAKEN_OVER.get(named)
        up = "../" * target.count("/")
        return f"[{text}]({up}{there}{anchor})" if there else f"{text} (`{named}`)"

    path = REPO / source
    if not path.exists():  # where the wheel is tested, the package is elsewhere
        path = Path(streamtape.__file__).parents[1] / source
    return _LINK.sub(led, path.read_text())


def pages() -> dict[str, str]:
    """Every page of the site by its path: written ones, the reference, documents taken over."""
    found = {str(path.relative_to(SITE)): path.read_text() for path in sorted(SITE.rglob("*.md"))}
    for title, names in reference.SUBJECTS.items():
        found[f"reference/{reference.slug(title)}.md"] = reference.names_page(title, names)
    found["reference/errors.md"] = reference.errors_page()
    found["reference/pytest.md"] = reference.pytest_page()
    found["reference/json.md"] = json_outputs.page()
    found["reference/command-line.md"] = reference.commands_page()
    for source, target in TAKEN_OVER.items():
        found[target] = taken_over(source, target)
    return found


def unlisted() -> list[str]:
    """Pages that the navigation (zensical.toml) does not have, and names there without a page."""
    settings = (REPO / "tools" / "docs" / "zensical.toml").read_text()
    return sorted(set(pages()) ^ set(re.findall(r'"([\w./-]+\.md)"', settings)))


def write() -> None:
    """Write the pages, pictures and settings for the generator."""
    shutil.rmtree(BUILD, ignore_errors=True)
    for name, text in pages().items():
        path = BUILD / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("demo.svg", "iframe-worker.js"):
        shutil.copy(REPO / "tools" / "docs" / name, BUILD / "pages")
    shutil.copy(SITE / "llms.txt", BUILD / "pages" / "llms.txt")
    shutil.copy(json_outputs.FILE, BUILD / "pages" / "reference" / "json_schemas.json")
    shutil.copy(REPO / "tools" / "docs" / "zensical.toml", BUILD)
    if apart := unlisted():
        sys.exit(f"in the navigation or among the pages, but not in both: {', '.join(apart)}")


def main() -> None:
    """Write the pages, and build the site unless told not to."""
    write()
    if "--pages" not in sys.argv[1:]:
        subprocess.run(
            [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
            cwd=BUILD,
            check=True,
        )
        print(f"{BUILD.relative_to(REPO)}/site/index.html")


if __name__ == "__main__":
    main()
