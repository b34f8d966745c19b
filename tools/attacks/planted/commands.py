"""What commands print and write: of recordings never masked, of arguments, of documents."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

import streamtape
from streamtape.choices import LEVELS
from streamtape.cli.app import cli
from tools.attacks.planted.sample import (
    NOWHERE,
    Secret,
    address,
    body,
    encoded,
    everything,
    files_below,
    headers,
    save_unmasked,
)

_REPORTS = (
    "show", "show --full", "show --events", "show --frames", "show --json", "ls", "ls --json",
    "stats", "stats --json", "stats --csv", "check", "check --json", "check --sarif", "scan",
    "scan --json",
)  # fmt: skip
_DIFFS = ("", " --json", " --markdown")
# Arguments that are refused, with a secret where users have theirs.
_REFUSED: dict[str, Callable[[Secret], list[str]]] = {
    "record: unreachable": lambda s: ["-o", "x.tape", address(s, NOWHERE, user=True)],
    "record: not a URL": lambda s: ["-o", "x.tape", address(s, "ftp://h", user=True)],
    "record: not a header": lambda s: ["-o", "x.tape", "-H", f"x-api-key={s.text}", NOWHERE],
    "record: header of two lines": lambda s: [
        "-o", "x.tape", "-H", f"Authorization: {s.text}\n x", NOWHERE,
    ],
    "record: no such file": lambda s: ["-o", "x.tape", "-d", f"@a?api_key={s.text}", NOWHERE],
    "record: --upstream": lambda s: [
        "-o", "x.tape", "--upstream", f"h/?api_key={s.text}", "--port", "0",
    ],
    "record: --upstream twice": lambda s: [
        "-o", "x.tape", *["--upstream", address(s, user=True)] * 2, "--port", "0",
    ],
    "record: --mode": lambda s: ["-o", "x.tape", "--mode", s.free, NOWHERE],
    **{
        f"{name}: no such file": lambda s, more=more: [f"{s.free}.tape", *more]  # type: ignore[misc]  # mypy can't infer a lambda with a default
        for name, more in {
            "show": [], "recover": [], "play": [], "replay": [], "check": [], "stats": [],
            "view": ["-o", "x.html"], "diff": ["raw.tape"], "scan": [], "ls": [], "moderate": [],
            "migrate": [], "convert": ["y.har"],
        }.items()
    },
    "play: --to": lambda s: ["raw.tape", "--to", f"{s.free}.mp4"],
    "play: --dialect": lambda s: ["raw.tape", "--dialect", s.free],
    "play: --font": lambda s: ["raw.tape", "--to", "x.gif", "--font", f"{s.free}.ttf"],
    "completion: shell": lambda s: [s.free],
    "diff: --level": lambda s: ["raw.tape", "raw.tape", "--level", s.free],
    "show: --index": lambda s: ["raw.tape", "--index", s.free],
    "replay: --fault": lambda s: ["raw.tape", "--fault", s.free],
    "replay: --env": lambda s: ["raw.tape", "--env", f"api_key={s.text}", "--", "true"],
    "convert: --from": lambda s: ["raw.tape", "y.har", "--from", s.free],
    "scan: --pattern": lambda s: ["raw.tape", "--pattern", f"x=((((((((({s.free}"],
}  # fmt: skip


def run(*args: str | Path) -> Result:
    """A command that has run; the warnings that it gave are at the end of its output."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = CliRunner().invoke(cli, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def reports(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What is made of recordings that hold secrets."""
    raw = save_unmasked(secrets, folder / "raw.tape")
    other = save_unmasked([Secret("nothing")] * len(secrets), folder / "other.tape")
    for text in _REPORTS:
        yield f"streamtape {text}", encoded([run(*text.split(), raw).output])
    for level in LEVELS:
        for more in _DIFFS:
            text = f"diff --all --level {level}{more}"
            yield f"streamtape {text}", encoded([run(*text.split(), raw, other).output])
    page = folder / "x.html"
    output = run("view", raw, "-o", page).output
    yield "streamtape view", encoded([output]) + page.read_bytes()
    output = run("diff", raw, other, "--html", page, "--force").output
    yield "streamtape diff --html", encoded([output]) + page.read_bytes()
    for suffix in ("har", "yaml", "json", "sse", "ndjson"):
        target, texts = folder / f"x.{suffix}", []
        for n in range(len(secrets)) if suffix in {"sse", "ndjson"} else range(1):
            chosen = ["--index", str(n)] if suffix in {"sse", "ndjson"} else []
            texts.append(run("convert", raw, target, "--force", *chosen).output)
            texts.append(target.read_text("utf-8"))
        yield f"convert to {suffix}", encoded(texts)
    yield "streamtape play", encoded([run("play", raw, "--speed", "max").output])
    for suffix in ("svg", "cast", "gif"):
        made = folder / f"play.{suffix}"
        output = run("play", raw, "--to", made, "--force", "--idle-limit", "0.1").output
        yield f"streamtape play --to {suffix}", encoded([output]) + made.read_bytes()
    yield (
        "streamtape view --compare",
        encoded([run("view", "--compare", raw, other, "-o", page, "--force").output])
        + page.read_bytes(),
    )
    yield "streamtape replay: stderr", encoded([run("replay", raw, "--speed", "max").stderr])
    yield "streamtape completion", encoded([run("completion", "bash").output])
    cassette = streamtape.load(raw)
    yield "snapshot", encoded([streamtape.snapshot(cassette)])
    yield (
        "summary of a comparison",
        encoded([streamtape.diff(cassette, streamtape.load(other)).summary(999)]),
    )


def arguments(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What commands say of arguments that they refuse: shells and logs of CI keep that."""
    save_unmasked(secrets[:1], folder / "raw.tape")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name, args in _REFUSED.items():
            results = [run(name.partition(":")[0], *args(secret)) for secret in secrets]
            assert all(result.exit_code == 2 for result in results), name
            yield f"streamtape {name}", encoded(result.output for result in results)
    finally:
        os.chdir(before)


def _har_entry(secret: Secret) -> dict[str, Any]:
    pairs = [{"name": n, "value": v} for n, v in headers(secret).items()]
    content = {"mimeType": "text/event-stream", "text": f"data: it is {secret.free}\n\n"}
    answer = {
        "status": 200, "content": content,
        "headers": [{"name": "Set-Cookie", "value": f"sid={secret.text}"}],
    }  # fmt: skip
    posted = {"text": body(secret).decode()}
    request = {"method": "POST", "url": address(secret), "headers": pairs, "postData": posted}
    odd = {"timings": {"wait": secret.free}, "startedDateTime": secret.free}
    return {"request": request, "response": answer, **odd}


def vcr_entry(secret: Secret) -> dict[str, Any]:
    """An interaction of a cassette of VCR.py."""
    sent = {n: [v] for n, v in headers(secret).items()}
    request = {"method": "POST", "uri": address(secret), "body": body(secret).decode()}
    return {
        "request": {**request, "headers": sent},
        "response": {
            "status": {"code": 200, "message": f"OK {secret.free}"},
            "headers": {"Set-Cookie": [f"sid={secret.text}"]},
            "body": {"string": f"it is {secret.free}"},
        },
    }  # fmt: skip


def documents(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What `convert` says and makes of documents of other tools, broken ones among them."""
    entries, taped = [_har_entry(s) for s in secrets], [vcr_entry(s) for s in secrets]
    wrong = [{"status": s.free, "headers": s.free} for s in secrets]
    har = json.dumps({"log": {"entries": entries}})
    texts = {
        "har": har,
        "broken.har": json.dumps(
            {"log": {"entries": [e | {"response": w} for e, w in zip(entries, wrong, strict=True)]}}
        ),
        "cut.har": har[:-9],
        "yaml": yaml.safe_dump({"version": 1, "interactions": taped}),
        "broken.yaml": yaml.safe_dump(
            {"interactions": [t | {"response": w} for t, w in zip(taped, wrong, strict=True)]}
        ),
        "json": json.dumps({"version": 1, "interactions": taped}),
        "sse": "".join(f"data: it is {s.free}\n\n" for s in secrets),
        "ndjson": "".join(json.dumps({"api_key": s.text}) + "\n" for s in secrets),
    }
    for name, text in texts.items():
        source, target = folder / f"in.{name}", folder / f"{name}.tape"
        source.write_text(text, "utf-8")
        message = (
            run("convert", source, target, "--json").output
            + run("convert", source, target, "--force").output
        )
        yield f"convert from {name}", encoded(message) + everything(target)
    refused: list[str] = []
    for secret in secrets:  # a document that is refused, with the secret at its beginning
        for suffix in ("sse", "har", "yaml", "ndjson"):
            source = folder / f"refused.{suffix}"
            source.write_text(f"{secret.free}\x01: [", "utf-8")
            refused.append(run("convert", source, folder / "refused.tape", "--force").output)
    yield "convert: refused", encoded(refused)


def migrated(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What `migrate` says and makes of a suite whose cassettes hold secrets."""
    suite = folder / "suite"
    place = suite / "tests" / "cassettes" / "test_it" / "test_a.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(
        yaml.safe_dump({"version": 1, "interactions": [vcr_entry(s) for s in secrets]})
    )
    (suite / "tests" / "test_it.py").write_text(
        "import pytest\n\n\n@pytest.mark.vcr\ndef test_a():\n    pass\n"
    )
    output = [
        run("migrate", suite / "tests", *more).output for more in ([], ["--json"], ["--write"])
    ]
    place.unlink()
    assert list(suite.rglob("*.tape"))
    yield "streamtape migrate", encoded(output) + files_below(suite)
