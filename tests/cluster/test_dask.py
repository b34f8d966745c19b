"""A real Dask scheduler with two worker processes: the same results as without, and errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.cli import parallel, scan
from streamtape.cluster import dask_cluster
from streamtape.cluster.dask_cluster import SETTINGS, DaskCluster, local_workers
from streamtape.errors import DamagedCassetteError, UsageError, WorkerError
from streamtape.stores.locations import location_of
from streamtape.tabular.reading import Extract, extract
from streamtape.tabular.schema import TABLES
from streamtape.tabular.store.export import Export
from streamtape.tape.model import Chunk, Chunks
from streamtape.tape.redact import RedactionOptions
from tests.cli.running import refused, run
from tests.patience import until
from tests.tabular.recordings import cut, saved, stream

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.xdist_group("dask")
N = 12


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings, one of them damaged."""
    named = {f"r{n:02}": cut(n) if n % 5 == 4 else stream(n, day=n % 3) for n in range(N)}
    folder = saved(tmp_path_factory.mktemp("work") / "tapes", **named)
    (folder / "r03.tape").write_bytes(b"no tape")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "args",
    [
        ["check", "{tapes}"],
        ["check", "{tapes}", "--json"],
        ["check", "{tapes}", "--sarif"],
        ["scan", "{tapes}", "--json"],
        ["diff", "{tapes}", "{tapes}", "--json"],
        ["stats", "{tapes}/r00.tape", "{tapes}/r01.tape", "--csv"],
        ["stats", "{tapes}"],
    ],
    ids=" ".join,
)
def test_commands_say_the_same_on_a_cluster(args: list[str], tapes: Path, scheduler: str) -> None:
    """Word for word, with the same exit status, errors included."""
    words = [arg.format(tapes=tapes) for arg in args]
    alone = run(*words)
    shared = run(*words, "--cluster", scheduler)
    assert (shared.stdout, shared.stderr) == (alone.stdout, alone.stderr)
    assert shared.exit_code == alone.exit_code


def test_convert_and_export_write_the_same(tapes: Path, scheduler: str, tmp_path: Path) -> None:
    """File for file, byte for byte."""
    run("convert", tapes / "r00.tape", tmp_path / "in" / "a.sse")
    run("convert", tapes / "r01.tape", tmp_path / "in" / "b.sse")
    for name, more in (("alone", []), ("shared", ["--cluster", scheduler])):
        assert run("convert", tmp_path / "in", tmp_path / f"{name}-tapes", *more).exit_code == 0
        assert run("export", tapes, "-o", tmp_path / name, *more).exit_code == 2  # r03
    assert files(tmp_path / "shared-tapes") == files(tmp_path / "alone-tapes")
    assert files(tmp_path / "shared") == files(tmp_path / "alone")
    assert len(files(tmp_path / "alone")) > len(TABLES)


def mortal(paths: Sequence[str], *, deadly: str, here: int) -> Extract:
    """Extract some recordings; the worker that first gets the deadly one is killed."""
    if deadly in paths and os.getpid() != here:
        mark = Path(f"{deadly}.killed")
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return extract(paths, tables=tuple(TABLES))


def test_a_killed_worker_changes_no_byte(tapes: Path, scheduler: str, tmp_path: Path) -> None:
    """It costs a retry: no row is lost or doubled."""
    deadly = tmp_path / "r07.tape"
    deadly.write_bytes((tapes / "r07.tape").read_bytes())
    paths = [str(path) for path in (*sorted(tapes.glob("*.tape"))[:6], deadly, tapes / "r09.tape")]
    work = partial(mortal, deadly=str(deadly), here=os.getpid())
    with Export(tmp_path / "shared", tuple(TABLES)) as export:
        for found in parallel.in_batches(work, paths, cluster=scheduler):
            export.add(found)
    with Export(tmp_path / "alone", tuple(TABLES)) as export:
        export.add(extract(paths, tables=tuple(TABLES)))
    assert Path(f"{deadly}.killed").exists()
    assert files(tmp_path / "shared") == files(tmp_path / "alone")


def damaged(number: int) -> int:
    """The number; an error of ours for 5."""
    if number == 5:
        raise DamagedCassetteError("5 is damaged", path="5.tape")
    return number


def test_an_error_of_the_work_is_raised_at_its_place(scheduler: str) -> None:
    """What comes before it is given; it is the same error, with what it carries."""
    seen = []
    with pytest.raises(DamagedCassetteError, match="5 is damaged") as caught:
        for number in parallel.each(damaged, range(9), cluster=scheduler):
            seen.append(number)
    assert caught.value.path == "5.tape"
    assert seen == list(range(5))


def test_leaving_early_leaves_nothing_at_the_scheduler(scheduler: str) -> None:
    """What was to do is cancelled: Ctrl-C ends the work of the cluster, too."""
    results = parallel.each(damaged, [1] * 100, cluster=scheduler)
    next(results)
    results.close()  # type: ignore[attr-defined]  # a generator, which callers need not know
    with distributed.Client(scheduler, set_as_default=False) as client:
        assert client.who_has() == {}
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0


def test_ctrl_c_waits_and_is_not_inherited() -> None:
    """While workers are started: they leave it to the process that people see."""
    masked = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    with pytest.raises(KeyboardInterrupt), dask_cluster._interrupts_deferred():
        os.kill(os.getpid(), signal.SIGINT)
        started = subprocess.run([sys.executable, "-c", masked], capture_output=True, check=True)
    assert started.stdout.strip() == b"True"


def masking_once(item: Any, *, rules: RedactionOptions, mark: str, here: int) -> dict[str, Any]:
    """Mask a file; the worker that does the first one is killed when that is done."""
    result = scan._masked(item, rules=rules)
    if os.getpid() != here and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def test_fix_after_a_worker_died_says_and_does_the_same(scheduler: str, tmp_path: Path) -> None:
    """A file that was masked before its worker died is still one in which a secret was found."""
    secret = b'data: {"key": "sk-proj-' + b"aB3dE5fG7hJ9kL1mN2pQ" * 2 + b'"}\n\n'
    leaky = replace(stream(1), chunks=Chunks.of([Chunk(1, secret)]))
    payloads, written = [], []
    for name in ("alone", "shared"):
        folder = saved(
            tmp_path / name, **{f"r{n}": leaky if n % 2 else stream(n) for n in range(6)}
        )
        places = [location_of(path) for path in sorted(folder.glob("*.tape"))]
        share: Any = partial(parallel.each, jobs=1)
        if name == "shared":

            def share(work: Any, items: Any, *, doing: str) -> Any:
                if doing == "masking":
                    mark = str(tmp_path / "killed")
                    work = partial(masking_once, **work.keywords, mark=mark, here=os.getpid())
                return parallel.each(work, items, doing=doing, cluster=scheduler)

        found = scan._results(places, RedactionOptions(), share, fix=True, in_order=True)
        payloads.append([{**result, "path": Path(result["path"]).name} for result in found])
        written.append(files(folder))
    assert (tmp_path / "killed").exists()
    assert payloads[0] == payloads[1]
    assert [result["fixed"] for result in payloads[0]] == [False, True] * 3
    assert written[0] == written[1]
    assert b"aB3dE5fG7h" not in b"".join(i.body for i in streamtape.load(folder / "r1.tape"))


@pytest.mark.parametrize(
    "address", ["", "local:0", "local:x", "local:", "host:8786", "http://x", "local:-1", "local:²"]
)
def test_other_addresses_are_refused(address: str, tapes: Path) -> None:
    """With what it must be, and what it is."""
    assert "--cluster must be tcp://HOST:PORT" in refused("check", tapes, "--cluster", address)
    with pytest.raises(UsageError):
        local_workers(address)
    assert local_workers("local:3") == 3
    assert local_workers("tcp://127.0.0.1:8786") is None


def test_settings_hold_while_there_is_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scheduler is in this process; afterwards Dask is as it was, also where none starts."""
    seen: dict[str, Any] = {}

    def start(**_: Any) -> None:
        seen.update({name: dask.config.get(name) for name in SETTINGS})
        raise OSError("no more processes")

    before = deepcopy(dask.config.config)
    monkeypatch.setattr(distributed, "LocalCluster", start)
    with pytest.raises(OSError, match="no more processes"):
        DaskCluster("local:2")
    assert seen == SETTINGS
    assert dask.config.config == before


def test_a_scheduler_that_is_not_there(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was looked for, without a traceback."""
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.2)
    output = refused("check", tapes, "--cluster", "tcp://127.0.0.1:9")
    assert "can't reach a Dask scheduler at tcp://127.0.0.1:9" in output


def test_workers_that_are_gone_for_good() -> None:
    """What is to do does not wait for ever: after a while, an error says why."""
    settings = {**SETTINGS, "distributed.scheduler.no-workers-timeout": "1ms"}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=1,
            processes=False,
            protocol="tcp://",
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
    ):
        results = parallel.each(damaged, [1] * 9, cluster=cluster.scheduler_address)
        assert next(results) == 1
        cluster.scale(0)
        until(lambda: not cluster.scheduler.workers)
        with pytest.raises(WorkerError, match="has no workers any more; start some: dask worker"):
            list(results)


@pytest.mark.parametrize(
    ("patched", "value", "message"),
    [
        (
            "version",
            lambda name: f"9.{name}",
            "has streamtape-recorder 0.1.0, this process has 9.stream",
        ),
        ("DISTRIBUTION", "no-such-thing", "has no no-such-thing; install no-such-thing==1"),
    ],
)
def test_workers_that_run_something_else(
    patched: str, value: Any, message: str, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version, or no streamtape at all: said before anything is done."""
    really = metadata.version

    class Here:
        """`version`, which tells another version here than on workers."""

        def __reduce__(self) -> Any:
            return getattr, (metadata, "version")

        def __call__(self, name: str) -> str:
            return value(name) if patched == "version" else "1" if "no-" in name else really(name)

    monkeypatch.setattr(dask_cluster, "version", Here())
    if patched != "version":
        monkeypatch.setattr(dask_cluster, patched, value)
    with pytest.raises(WorkerError, match=message):
        DaskCluster(scheduler)


def test_jobs_and_cluster_exclude_each_other(tapes: Path) -> None:
    """And a cluster has nothing to share of two files."""
    assert "choose --jobs or --cluster" in refused(
        "check", tapes, "--cluster", "local:2", "--jobs", "2"
    )
    one = tapes / "r00.tape"
    assert "give two folders" in refused("diff", one, one, "--cluster", "local:2")
    assert "give a folder as IN" in refused("convert", one, tapes / "x.sse", "--cluster", "local:2")
