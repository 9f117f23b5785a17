"""Procfile, Makefile, Dockerfile, compose.yaml and .env.example say one thing, and it works."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from fnmatch import fnmatch
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from benchmarks import operations
from dashboard.probe import host_of, is_alive
from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox
from syllable.client import SyllableClient
from syllable.contracts import CONTRACTS as API_CONTRACTS
from syllable.evidence import Fixed
from syllable.schemas import BatchQuery

ROOT = Path(__file__).resolve().parent.parent
DEMO_ONLY = {"sandbox"}
START_SECONDS, STOP_SECONDS = 120, 120


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def procfile():
    lines = [line.split(":", 1) for line in text_of("Procfile").splitlines()]
    return {name: shlex.split(command) for name, command in lines}


def compose():
    return yaml.safe_load(text_of("compose.yaml"))


def compose_commands():
    return {name: service["command"] for name, service in compose()["services"].items() if "command" in service}


def dockerfile(instruction):
    """Return what each instruction of this kind says."""
    with (ROOT / "Dockerfile").open("rb") as file:
        steps = DockerfileParser(fileobj=file).structure
    return [step["value"] for step in steps if step["instruction"] == instruction]


def copied():
    """Return what the image copies out of the project."""
    return {source for line in dockerfile("COPY") if "--from" not in line for source in line.split()[:-1]}


def test_compose_runs_what_the_procfile_runs():
    expected = {name: command for name, command in procfile().items() if name not in DEMO_ONLY}
    assert compose_commands() == expected | {"migrate": ["python", "manage.py", "migrate"]}


def test_make_starts_every_process_of_the_procfile():
    names = re.search(r"PROCESSES := (.*)", text_of("Makefile"))[1].split()
    assert set(names) == procfile().keys() - DEMO_ONLY


@pytest.mark.parametrize(("chosen", "spoken"), [({}, "2025-04"), ({"SANDBOX_CONTRACT": "current"}, "current")])
def test_the_sandbox_speaks_a_contract_of_its_own_whatever_decides_for_the_dashboard(tmp_path, chosen, spoken):
    line = dict(line.split(": ", 1) for line in text_of("Procfile").splitlines())["sandbox"]
    (tmp_path / "sandbox").symlink_to(ROOT / "sandbox")
    environment = os.environ | {
        "SYLLABLE_API_CONTRACT": "auto",
        "SANDBOX_PORT": "0",
        "SYLLABLE_API_KEY": "key",
        **chosen,
    }
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        f"exec {line}", shell=True, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().removeprefix("Syllable sandbox: ").strip()
        client = SyllableClient(url, "key", contracts=Fixed(API_CONTRACTS[spoken]), timeout=START_SECONDS)
        assert client.list_batches(BatchQuery(limit=1)).items[0].spoken_contract == spoken
    finally:
        process.kill()
        process.communicate()


def test_make_brings_what_the_benchmarks_need():
    plan = ["make", "--dry-run", "--always-make", "bench"]
    steps = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    before = steps[: steps.index("-m benchmarks")]
    assert "./tests/browser" in before
    assert f"-m venv {operations.SDK.parents[1].name}\n" in before


def test_the_image_is_the_web_server_unless_it_is_told_otherwise():
    assert json.loads(dockerfile("CMD")[0]) == procfile()["web"]


@pytest.mark.parametrize("name", sorted(compose_commands().keys() - {"migrate"}))
def test_every_process_waits_for_the_migrations(name):
    waits_for = compose()["services"][name]["depends_on"]
    assert waits_for["migrate"] == {"condition": "service_completed_successfully"}


def test_only_the_web_server_can_be_reached_and_only_from_its_machine():
    ports = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_whoever_makes_serves_and_removes_exports_has_one_folder_for_them():
    folder = dockerfile("WORKDIR")[-1] + "/var/exports"
    mounted = {
        name for name, service in compose()["services"].items() if f"exports:{folder}" in service.get("volumes", ())
    }
    assert mounted == {"web", "worker", "sweep"}
    assert "exports" in compose()["volumes"]
    [made] = [line for line in dockerfile("RUN") if "/app/var" in line]
    assert folder in made.split()


def test_the_image_has_everything_that_python_and_the_templates_are_made_of():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    needed = {
        name.split("/")[0]
        for name in tracked.splitlines()
        if re.match(r"(dashboard|common|accounts|trail|batches|syllable|sandbox|templates|static)/", name)
    }
    assert copied() == needed | {"manage.py", "gunicorn.conf.py", "requirements.txt"}


def test_the_build_is_given_what_it_copies_and_nothing_else():
    kept = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    assert kept == copied()
    assert not any(fnmatch(".env", name) for name in kept)


def test_the_image_does_not_run_as_root():
    assert dockerfile("USER") == ["dashboard"]


def test_the_proxy_to_be_trusted_is_one_address_the_gateway_that_compose_pins():
    [network] = compose()["networks"]["default"]["ipam"]["config"]
    named = re.findall(r"TRUSTED_PROXIES=(\S+?)`", text_of("docs/deploy.md"))
    assert set(named) == {str(ip_address(network["gateway"]))}


def test_the_key_of_the_demo_is_for_its_owner_alone(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    make = "umask 0; make --silent --old-file=.venv/.installed var/secret_key"
    subprocess.run(make, shell=True, cwd=tmp_path, check=True, timeout=START_SECONDS)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("var", "var/secret_key")]
    assert modes == [0o700, 0o600]


def test_what_is_made_where_the_dashboard_runs_for_good_is_for_its_owner_alone():
    [folder] = [line for line in dockerfile("RUN") if "/app/var" in line]
    assert "-m 700" in folder
    assert "\nUMask=0077\n" in text_of("docs/deploy.md")
    made = [
        line for name in ("README.md", "docs/deploy.md") for line in text_of(name).splitlines() if ".example" in line
    ]
    assert all("install -m 600 " in line for line in made if " .env" in line)


def test_compose_asks_for_nothing_that_the_example_does_not_explain():
    explained = re.findall(r"(?m)^(?:# )?([A-Z_]+)=", text_of(".env.example"))
    assert set(re.findall(r"\$\{([A-Z_]+)", text_of("compose.yaml"))) <= set(explained)


def test_redis_brings_no_page_with_it(environment):
    code = "from django.contrib import admin; print([model._meta.app_label for model in admin.site._registry])"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=environment | {"REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        check=True,
        timeout=START_SECONDS,
    )
    assert "accounts" in done.stdout
    assert "django_rq" not in done.stdout


@pytest.mark.parametrize(
    ("allowed", "host"), [("a.example,b.example", "a.example"), (".example.com", "example.com"), ("*", "localhost")]
)
def test_the_health_check_asks_for_a_name_that_is_allowed(allowed, host):
    assert host_of(allowed) == host


@pytest.fixture(scope="module")
def api():
    """Provide a sandbox of this module's own, which no other test may empty meanwhile."""
    with Sandbox(api_key="key-for-tests", contract=CONTRACTS["2025-04"]) as sandbox:
        yield sandbox


@pytest.fixture
def environment(tmp_path, api):
    """Return the environment that the processes share, with a database of their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "SECRET_KEY": "a key for the processes",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'dashboard.sqlite3'}",
        "REDIS_URL": "",
        "OPERATION_LEASE": "2",
        "HTTPS": "true",
        "ALLOWED_HOSTS": "dashboard.example.com",
        "SYLLABLE_API_URL": api.url,
        "SYLLABLE_API_KEY": api.api_key,
        "SYLLABLE_API_CONTRACT": "auto",
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def eventually(condition):
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# Nobody queues it: the sweep finds it.
DECIDE = """
from django.core.management import call_command
from tests.conftest import member_of
from tests.batches.services.factories import start
call_command("migrate", verbosity=0)
start("pause", member_of("Operators", "operator@example.com"), campaign_id={campaign})
"""


@pytest.fixture
def database(tmp_path, django_db_setup, migrated_file):
    """Spare the processes the migrations that this run has done already, if it runs on SQLite."""
    if migrated_file.exists():
        shutil.copy(migrated_file, tmp_path / "dashboard.sqlite3")


@pytest.mark.usefixtures("database")
def test_the_processes_of_the_procfile_carry_out_what_was_decided_and_end_when_told(environment, api, tmp_path):
    campaign = api.store.add_campaign()
    api.store.add_batch("b1", campaign_id=campaign, status="ACTIVE")
    decide = [sys.executable, "manage.py", "shell", "--no-imports", "-c", DECIDE.format(campaign=campaign)]
    subprocess.run(decide, cwd=ROOT, env=environment, check=True, timeout=START_SECONDS)
    logs = {name: tmp_path / f"{name}.log" for name in procfile().keys() - DEMO_ONLY}
    processes = {
        name: subprocess.Popen(
            procfile()[name], cwd=ROOT, env=environment, stdout=log.open("w"), stderr=subprocess.STDOUT
        )
        for name, log in logs.items()
    }
    try:
        eventually(lambda: is_alive(int(environment["PORT"]), host_of(environment["ALLOWED_HOSTS"])))
        eventually(lambda: api.batch("b1")["status"] == "PAUSED")
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(STOP_SECONDS) for name, process in processes.items()}
    # A process that is told before it has begun ends by the signal itself.
    assert set(codes.values()) <= {0, -signal.SIGTERM}, {name: log.read_text() for name, log in logs.items()}
