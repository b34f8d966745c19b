"""The dashboard of a server: streams growing as they come, misses with their difference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from streamtape.cli import dashboard
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import ReplayServer
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending
from tests.cli.running import refused
from tests.page.opening import PICTURES, drawn, faults_for_readers, fits, go, new_page, watch
from tests.patience import until
from tests.streams import Writer, interaction_of
from tests.tools_present import needs

BODY = b'{"model":"gpt-4.1","input":"Say it."}'
LATER_US = 3_600_000_000

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


@contextmanager
def opened_at(context: BrowserContext, url: str) -> Iterator[Page]:
    """A page of a server, and nothing but its own server is asked for anything."""
    page = new_page(context)
    trouble = watch(page, url)
    go(page, url)
    yield page
    page.close()
    assert trouble == []


def test_a_recording_grows_in_the_page(context: BrowserContext, tmp_path: Path) -> None:
    """What has come is seen while the stream is open; a click opens it as any page shows it."""
    quick = interaction_of(Writer().message("Double ", "bubble ", "bath").end().payloads, body=BODY)
    # Two words at once, and the rest in an hour.
    times = [0 if n < 6 else LATER_US for n in range(len(quick.chunks))]
    chunks = Chunks.of(Chunk(us, c.data) for us, c in zip(times, quick.chunks, strict=True))
    slow = replace(quick, chunks=chunks, ending=Ending("complete", LATER_US))
    target = tmp_path / "run.tape"
    with (
        ReplayServer(Cassette((slow,)), speed=1.0) as upstream,
        RecordingProxy(target, upstream=upstream.url) as proxy,
    ):
        proxy.dashboard = dashboard.of_proxy(proxy, "run.tape")
        with opened_at(context, f"{proxy.url}/_streamtape/") as page:
            expect(page.locator("#streams .empty")).to_contain_text(proxy.url)
            with (
                httpx.Client() as client,
                client.stream("POST", f"{proxy.url}/v1/responses", content=BODY) as response,
            ):
                assert response.status_code == 200, response.read()
                lines = response.iter_lines()
                while "bubble" not in next(lines):
                    pass
                row = page.locator("#streams li")
                expect(row.locator(".tail")).to_have_text("Double bubble ")
                expect(row.locator(".badge")).to_contain_text("streaming")
                row.locator("button").click()
                expect(page.locator(".part.text .grown")).to_have_text("Double bubble ")
                expect(page.locator(".bubble.user")).to_contain_text("Say it.")
            expect(row.locator(".badge")).to_contain_text("stopped by the client")
            expect(page.locator("#head .badge").first).to_contain_text("stopped by the client")


def test_a_replay_shows_what_is_played_and_what_missed(context: BrowserContext) -> None:
    """Plays are counted; a miss arrives with the difference to the nearest recording."""
    one = interaction_of(Writer().message("Hi").end().payloads, body=BODY)
    with ReplayServer(Cassette((one,))) as server:
        server.dashboard = dashboard.of_replay(server, "run.tape")
        with opened_at(context, server.url) as page:
            expect(page).to_have_url(f"{server.url}/_streamtape/")
            row = page.locator("#streams li")
            expect(row.locator(".rate")).to_contain_text("not played")
            assert httpx.post(f"{server.url}/v1/responses", content=BODY).status_code == 200
            expect(row.locator(".rate")).to_contain_text("played 1×")
            other = BODY.replace(b"Say it.", b"Sing it.")
            assert httpx.post(f"{server.url}/v1/responses", content=other).status_code == 404
            expect(page.locator("#misses pre")).to_contain_text("Sing it.")
            row.locator("button").click()
            expect(page.locator(".part.text .grown")).to_have_text("Hi")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                for width in (1280, 390):
                    page.set_viewport_size({"width": width, "height": 844})
                    drawn(page)
                    until(partial(fits, page))
                drawn(page)
                assert faults_for_readers(page) == []
                PICTURES.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=PICTURES / f"live-{scheme}.png", full_page=True)


def test_a_replay_shows_how_far_it_has_come(context: BrowserContext) -> None:
    """Each play that goes on has a bar: of its bytes, and gone once it is over."""
    one = interaction_of(Writer().message("Double ", "bubble ").end().payloads, body=BODY)
    half = len(one.chunks) // 2
    chunks = Chunks.of(
        Chunk(0 if number < half else LATER_US, chunk.data)
        for number, chunk in enumerate(one.chunks)
    )
    slow = replace(one, chunks=chunks, ending=Ending("complete", LATER_US))
    share = sum(len(chunk.data) for chunk in chunks[:half]) / chunks.n_bytes
    with ReplayServer(Cassette((slow, one)), speed=1.0, repeat=True) as server:
        server.dashboard = dashboard.of_replay(server, "run.tape")
        with opened_at(context, server.url) as page:
            bars = page.locator("#streams progress")
            expect(page.locator("#streams .badge").first).to_contain_text("nothing is played")
            with httpx.Client() as client:
                request = client.build_request("POST", f"{server.url}/v1/responses", content=BODY)
                play = client.send(request, stream=True)
                expect(bars).to_have_count(1)
                row = page.locator("#streams li.open")
                expect(row.locator(".rate")).to_contain_text(
                    f"playing, {round(100 * share)} % sent"
                )
                expect(bars).to_have_attribute("value", str(round(share, 3)))
                assert server.playing == ((0, share),)
                assert faults_for_readers(page) == []
                page.screenshot(path=PICTURES / "live-playing.png", full_page=True)
                play.close()
            expect(bars).to_have_count(0)
            assert not server.playing


def test_the_dashboard_stands_behind_the_same_door() -> None:
    """Pages of other origins and foreign names are refused; without --ui there is none."""
    one = interaction_of(Writer().message("Hi").end().payloads, body=BODY)
    with ReplayServer(Cassette((one,))) as server:
        state = f"{server.url}/_streamtape/state"
        assert httpx.get(state).status_code == 404
        server.dashboard = dashboard.of_replay(server, "run.tape")
        answer = httpx.get(state)
        assert (answer.status_code, answer.json()["count"]) == (200, 1)
        assert httpx.get(state, headers={"Origin": "https://evil.example"}).status_code == 403
        assert httpx.get(state, headers={"Host": "evil.example"}).status_code == 421
        assert httpx.post(state).status_code == 405
        whole = httpx.get(f"{server.url}/_streamtape/interaction/0").json()
        assert whole["parts"][0]["text"] == "Hi"
        odd = [f"interaction/{n}" for n in ("9", "-1", "%B2", "9" * 5000, "0/../..", "")]
        missing = [httpx.get(f"{server.url}/_streamtape/{n}") for n in (*odd, "other")]
        assert {answer.status_code for answer in missing} == {404}
        page = httpx.get(f"{server.url}/_streamtape/")
        assert "connect-src 'self'" in page.text
        assert page.headers["x-frame-options"] == "DENY"


def test_a_url_has_no_dashboard(tmp_path: Path) -> None:
    """Only a proxy goes on listening; a request of one's own is told so."""
    target = tmp_path / "run.tape"
    assert "--ui shows" in refused("record", "-o", target, "--ui", "http://localhost/x")
