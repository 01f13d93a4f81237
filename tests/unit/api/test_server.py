"""The server picks a free port, says so, and ends by returning when asked to stop."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mirrorlake.api import listen
from mirrorlake.core.errors import SettingsError

ROOT = Path(__file__).parents[3]
SERVE = """
from mirrorlake.api import create_app, serve
def no_library(caller):
    raise AssertionError(caller)
app = create_app(no_library, token="t")
serve(app, "127.0.0.1", 0, ready=lambda address: print(address, flush=True))
print("cleaned up", flush=True)
"""


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_the_callers_clean_up_runs(sig: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert httpx.get(f"{address}/api/v1/health", timeout=30).json() == {"status": "ok"}
        process.send_signal(sig)
        rest, _ = process.communicate(timeout=30)
    assert rest.strip() == "cleaned up"
    assert process.returncode == 0


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Port {port} of 127.0.0.1 is in use") as caught:
            listen("127.0.0.1", port)
    assert "--port" in caught.value.fix
    with socket.create_server(("127.0.0.1", 0)) as free:
        assert free.getsockname()[1] > 0
