"""A function is called in a process of its own: what it does to that process costs one call."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from mirrorlake.core.errors import StorageError
from mirrorlake.functions.callers import CallFailed, FunctionUnusable, PythonCaller
from mirrorlake.functions.channel import Setup

SOURCE = """
import os, sys, time, ctypes
from mirrorlake.functions import Asset, Label, Result, Run

def measure(asset: Asset):
    match asset.name:
        case "sleeps":
            time.sleep(60)
        case "crashes":
            ctypes.string_at(0)
        case "exits":
            os._exit(3)
        case "grows":
            return {"length": len(bytearray(1 << 30))}
        case "raises":
            raise ValueError("no such colour")
        case "lies":
            return 7
        case "floods":
            return {"text": "x" * (3 << 20)}
        case "env":
            return {"private": any(name.startswith(("MIRRORLAKE_", "AWS_", "VAULT_")) for name in os.environ),
                    "named": os.environ.get("MODEL_FOLDER")}
        case "prints":
            print("not an answer")
            return {"pid": os.getpid()}
        case "reads":
            with asset.open() as file:
                first = file.read(3).decode()
            return {"first": first, "size": len(asset.read()), "thumbnail": asset.thumbnail() is None}
    label = Label(ontology="site", class_name="fox", shape="box", geometry={"x": 0, "y": 0, "width": 1, "height": 1})
    return Result(metadata={"pid": os.getpid()}, add_tags=["seen"], labels=[label])

def report(run: Run):
    return {"counts": run.counts["new"]}
"""


def setup(entry: str = "measure", source: str = SOURCE) -> Setup:
    return Setup(source=source, name="measure", entry=entry, memory_bytes=512 << 20)


@pytest.fixture(scope="module")
def caller() -> Iterator[PythonCaller]:
    with PythonCaller(setup(), timeout_s=2) as one:
        yield one


def asset(name: str) -> dict[str, Any]:
    return {
        "id": "1",
        "event": "asset.created",
        "name": name,
        "key": f"{name}.jpg",
        "datasource": "photos",
        "kind": "image",
        "media_type": "image/jpeg",
        "size": 5,
        "digest": "ab",
    }


def call(caller: PythonCaller, name: str) -> dict[str, Any]:
    def read(thumbnail: bool) -> bytes | None:  # noqa: FBT001 - as the caller asks
        return None if thumbnail else b"bytes"

    return orjson.loads(caller(asset(name), read))


def test_a_result_comes_back_as_a_document(caller: PythonCaller):
    found = call(caller, "plain")

    assert found["add_tags"] == ["seen"]
    assert found["labels"][0]["class_name"] == "fox"
    assert found["metadata"]["pid"] != os.getpid()


def test_a_process_is_used_again_and_what_it_prints_is_no_answer(caller: PythonCaller):
    first = call(caller, "prints")
    assert call(caller, "prints") == first


def test_threads_do_not_use_up_the_time_of_each_other_and_address_space_is_limited_where_it_is_named():
    source = (
        "import resource\ndef limits(asset):\n"
        "    return {'cpu_s': resource.getrlimit(resource.RLIMIT_CPU)[0],\n"
        "            'memory': resource.getrlimit(resource.RLIMIT_AS)[0]}"
    )
    for memory, shown in ((512 << 20, 512 << 20), (0, resource.getrlimit(resource.RLIMIT_AS)[0])):
        limited = Setup(source=source, name="limits", entry="limits", memory_bytes=memory)
        with PythonCaller(limited, timeout_s=60) as caller:
            found = call(caller, "a")["metadata"]
        assert found["cpu_s"] >= 60 * (os.cpu_count() or 1)
        assert found["memory"] == shown


def test_bytes_are_read_when_they_are_asked_for(caller: PythonCaller):
    assert call(caller, "reads")["metadata"] == {"first": "byt", "size": 5, "thumbnail": True}


def test_bytes_that_cannot_be_read_are_an_error_of_the_call(caller: PythonCaller):
    def read(thumbnail: bool) -> bytes | None:  # noqa: FBT001 - as the caller asks
        raise StorageError("The bucket does not answer.")

    with pytest.raises(CallFailed, match=r"OSError: The bucket does not answer\."):
        caller(asset("reads"), read)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sleeps", "it took longer than its time limit"),
        ("crashes", r"its process crashed \(signal 11\)"),
        ("exits", "its process ended with exit code 3"),
        ("grows", r"MemoryError: it needs more memory than its limit \(line 14: return"),
        ("raises", r"ValueError: no such colour \(line 16: raise ValueError"),
        ("lies", "TypeError: a function returns a Result, a mapping or None, not int"),
        ("floods", "its result is too large"),
    ],
)
def test_what_a_call_does_to_its_process_is_its_own_failure(caller: PythonCaller, name: str, reason: str):
    with pytest.raises(CallFailed, match=reason):
        call(caller, name)
    assert call(caller, "plain")["add_tags"] == ["seen"]


def test_a_function_gets_no_secrets_of_its_worker(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MIRRORLAKE_MASTER_KEY", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("VAULT_TOKEN", "canary")
    monkeypatch.setenv("MODEL_FOLDER", "/models")
    monkeypatch.setenv("MIRRORLAKE_FUNCTION_ENVIRONMENT", "MODEL_FOLDER,OTHER")
    with PythonCaller(setup(), timeout_s=20) as caller:
        assert call(caller, "env")["metadata"] == {"private": False, "named": "/models"}


def test_a_run_is_an_argument_too():
    document = {"id": 7, "event": "run.finished", "datasource": "photos", "state": "succeeded", "counts": {"new": 3}}
    with PythonCaller(setup("report"), timeout_s=20) as caller:
        assert orjson.loads(caller(document, lambda _: None, of_run=True))["metadata"] == {"counts": 3}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nothing_like_this\n\ndef measure(asset): ...", "ModuleNotFoundError: No module named"),
        ("measure = 3", "the file has no callable measure"),
        ("raise SystemExit(1)", "SystemExit: 1"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_said_to_be_so(source: str, reason: str):
    with PythonCaller(setup(source=source), timeout_s=2) as caller, pytest.raises(FunctionUnusable, match=reason):
        caller(asset("plain"), lambda _: None)


def test_nothing_is_called_after_the_end():
    caller = PythonCaller(setup(), timeout_s=2)
    caller.close()
    with pytest.raises(CallFailed, match="the worker was stopped"):
        caller(asset("plain"), lambda _: None)


def test_a_process_that_cannot_be_started_is_a_failed_call(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mirrorlake.functions.callers.COMMAND", ("/no/such/interpreter",))
    with PythonCaller(setup(), timeout_s=2) as caller, pytest.raises(CallFailed, match="could not be started"):
        caller(asset("plain"), lambda _: None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent (2026-11-29)")
def test_a_hung_function_ends_with_its_worker(tmp_path: Path):
    noted = tmp_path / "pid"
    source = f"import os, pathlib, time\npathlib.Path({str(noted)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    worker = (
        "from mirrorlake.functions.callers import PythonCaller\nfrom mirrorlake.functions.channel import Setup\n"
        f"setup = Setup(source={source!r}, name='hangs', entry='f', memory_bytes=512 << 20)\n"
        "PythonCaller(setup, timeout_s=60)({}, lambda _: None)\n"
    )
    with subprocess.Popen((sys.executable, "-c", worker)) as process:
        try:
            _until(lambda: noted.exists() and noted.read_text() != "")
        finally:
            process.kill()
    _until(lambda: not _runs(int(noted.read_text())))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends, "nothing happened for 30 seconds"
        time.sleep(0.05)
