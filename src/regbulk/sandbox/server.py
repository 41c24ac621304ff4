"""The sandbox as a process."""

from __future__ import annotations

import asyncio
import signal
import socket

import uvicorn

from regbulk.errors import SettingsError
from regbulk.sandbox.app import application
from regbulk.sandbox.call import Sandbox
from regbulk.sandbox.credentials import Credentials
from regbulk.sandbox.faults.connection import ReachableProtocol
from regbulk.sandbox.faults.spec import faults_of
from regbulk.sandbox.options import SandboxOptions
from regbulk.sandbox.store import Store

__all__ = ["SandboxOptions", "serve"]

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.005


def serve(options: SandboxOptions) -> None:
    """Serve until SIGTERM or SIGINT; print one line with the address once requests are answered.

    Raises:
        SettingsError: the port or the data file cannot be had.
    """
    listener = _listener(options.port)
    store = Store(options.data)
    sandbox = Sandbox(options, store, Credentials(options.api_keys, store.secret))
    sandbox.set_faults(faults_of(options.faults), tenant=None, seed=options.seed)
    config = uvicorn.Config(
        application(sandbox),
        http=ReachableProtocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    # uvicorn raises the signal again after its orderly shutdown; that must not end the process with an error.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        asyncio.run(_run(uvicorn.Server(config), listener))
    finally:
        store.close()


async def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn tells it by a flag only
        await asyncio.sleep(_POLL_SECONDS)
    if server.started:
        print(f"sandbox ready at http://{_HOST}:{listener.getsockname()[1]}", flush=True)  # noqa: T201 - the contract
    await serving


def _listener(port: int) -> socket.socket:
    # asyncio switches Nagle's delay off only where the protocol is named: without it answers wait 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise SettingsError(f"sandbox: cannot listen on {_HOST}:{port}: {error.strerror}; choose --port") from None
    return listener
