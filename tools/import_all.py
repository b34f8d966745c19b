"""Imports every module of the package: what a dependency lacks at its lowest version shows here.

    python tools/import_all.py                  # every module
    python tools/import_all.py aiohttp syrupy   # without those that need these packages

Packages that are named must be absent: a module that can't be imported for another reason is an
error, and so is a warning.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import warnings

import streamtape


def failures(absent: frozenset[str]) -> list[str]:
    """What can't be imported, one line a module, but for what needs the absent packages."""
    found = []
    for module in pkgutil.walk_packages(streamtape.__path__, "streamtape."):
        if module.name.endswith(".__main__"):  # it runs when it is imported
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if error.name not in absent:
                found.append(f"{module.name}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever a module raises is to be reported
            found.append(f"{module.name}: {type(error).__name__}: {error}")
    return found


def main() -> None:
    """Import all, and exit 1 with what can't be imported."""
    warnings.simplefilter("error")
    found = failures(frozenset(sys.argv[1:]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
