"""The product as it ships, for a part to measure: sandbox, database, people, and gunicorn as in the Procfile."""

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
API_KEY = "key-for-benchmarks"
HOST = "127.0.0.1"
START_SECONDS = 30
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Stack:
    """A running product: the web server `web` at `HOST`:`port`, and the sandbox as its API.

    `variables` is the environment for any further process, `checkout` the folder to run it in.
    """

    port: int
    sandbox: subprocess.Popen[str]
    web: subprocess.Popen[str]
    variables: dict[str, str]
    checkout: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def hang_the_api(self) -> None:
        """Make the API accept every request and answer none from now on."""
        self.sandbox.send_signal(signal.SIGUSR1)


@contextmanager
def running(
    *,
    application: str = "dashboard.wsgi",
    settings: str = "dashboard.settings",
    checkout: Path = ROOT,
    sandbox_options: Sequence[str] = (),
) -> Iterator[Stack]:
    """Run the product with the sandbox's accounts, served by gunicorn with the flags of the Procfile.

    Another `checkout` brings its own product, Procfile and gunicorn.conf.py, but uses this checkout's sandbox and
    interpreter. The static files are collected in its folder.
    """
    if checkout == ROOT and not (ROOT / "staticfiles" / "staticfiles.json").exists():
        sys.exit("The static files are not collected: `make bench` does that first.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="benchmark-")))
        sandbox = stack.enter_context(
            process([sys.executable, "-m", "benchmarks.sandbox", *sandbox_options], os.environ)
        )
        assert sandbox.stdout
        port = _free_port()
        variables = environment(folder, api=sandbox.stdout.readline().strip())
        variables |= {"PORT": str(port), "DJANGO_SETTINGS_MODULE": settings}
        collect = [] if checkout == ROOT else [["collectstatic", "--noinput", "--verbosity=0"]]
        for words in (*collect, ["migrate", "--verbosity=0"], ["demo_accounts"]):
            run([sys.executable, "manage.py", *words], variables, checkout=checkout)
        with (folder / "log").open("w") as log:
            web = procfile("web", checkout=checkout, PORT=port)
            web = [application if word == "dashboard.wsgi" else word for word in web]
            if checkout != ROOT:
                web += _with_these_benchmarks(folder)
            server = stack.enter_context(process(web, variables, log, checkout=checkout))
            _wait_until_ready(port, log=folder / "log")
            yield Stack(port, sandbox, server, variables, checkout)
            log.flush()


def _with_these_benchmarks(folder: Path) -> list[str]:
    """Return gunicorn options that make it use this checkout's `benchmarks` instead of those in `folder`."""
    (folder / "benchmarks").symlink_to(ROOT / "benchmarks", target_is_directory=True)
    return ["--pythonpath", str(folder)]


def environment(folder: Path, *, api: str) -> dict[str, str]:
    """Return the environment of every process of the product."""
    return os.environ | {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "HTTPS": "false",
        "SANDBOX": "true",
        "ALLOWED_HOSTS": HOST,
        "TRUSTED_PROXIES": "",
        "CSRF_TRUSTED_ORIGINS": "",
        "EMAIL_URL": "dummymail://",
        "TRAIL_EXPORTS_DIR": str(folder / "exports"),
        "DATABASE_URL": os.environ.get("BENCHMARK_DATABASE_URL") or f"sqlite:///{folder / 'dashboard.sqlite3'}",
        "SYLLABLE_API_URL": api,
        "SYLLABLE_API_KEY": API_KEY,
        "SYLLABLE_API_CONTRACT": "2025-04",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }


def procfile(name: str, *, checkout: Path = ROOT, **variables: object) -> list[str]:
    """Return the command of a line of the Procfile."""
    lines = (checkout / "Procfile").read_text(encoding="utf-8").splitlines()
    line = next(line.removeprefix(f"{name}:") for line in lines if line.startswith(f"{name}:"))
    command = shlex.split(Template(line).substitute(variables))
    command[0] = str(BIN / command[0])
    return command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def run(command: Sequence[str], variables: dict[str, str], *, checkout: Path = ROOT) -> None:
    """Run a command to its end. A failure ends the benchmark."""
    done = subprocess.run(command, cwd=checkout, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command[1:])} failed:\n{done.stderr}")


@contextmanager
def process(
    command: Sequence[str], variables: object, log: object = None, *, checkout: Path = ROOT
) -> Iterator[subprocess.Popen[str]]:
    """Run a process until the block ends, with its output in `log` if given."""
    output = log or subprocess.PIPE
    errors = subprocess.STDOUT if log else None
    process = subprocess.Popen(command, cwd=checkout, env=variables, stdout=output, stderr=errors, text=True)  # type: ignore[call-overload] # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # Some threads may still wait for the API.
            process.kill()
            process.wait()


def _wait_until_ready(port: int, *, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = HTTPConnection(HOST, port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    sys.exit(f"The web server does not get ready:\n{log.read_text(encoding='utf-8')}")
