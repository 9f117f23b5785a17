"""Does what the Dockerfile says, without Docker: from a clean checkout, in a temporary folder, with an empty HOME.

Both stages share one folder that stands for /, so that what is copied between them is there already. What needs root,
the user and their folder, is left out. Ends when the health check of the started command has passed.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dockerfile_parse import DockerfileParser

PROJECT = Path(__file__).resolve().parent.parent
NEEDS_ROOT = ("useradd ", "install -d -o ")
RUN_WITH = {"SECRET_KEY": "x" * 50, "SYLLABLE_API_KEY": "none", "ALLOWED_HOSTS": "dashboard.example.com"}
START_SECONDS = 30


class Image:
    """A folder that stands for /, and what is set for whatever runs in it."""

    def __init__(self, root, context):
        self.root, self.context, self.folder = root, context, root
        (root / "home").mkdir(parents=True)
        pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_CERT"))}
        self.environment = pip | {"PATH": os.environ["PATH"], "HOME": str(root / "home")}
        self.command = self.health = []

    def path(self, text):
        """Paths of the image as paths of this machine."""
        return re.sub(r"(?<![\w./])/(app|opt)\b", rf"{self.root}/\1", text)

    def do(self, instruction, text):
        print(instruction, text, flush=True)
        if instruction == "ENV":
            for name, value in (pair.split("=", 1) for pair in shlex.split(text)):
                self.environment[name] = self.path(value).replace("$PATH", self.environment["PATH"])
        elif instruction == "WORKDIR":
            self.folder = Path(self.path(text))
            self.folder.mkdir(parents=True, exist_ok=True)
        elif instruction == "COPY" and not text.startswith("--from"):
            *sources, target = text.split()
            for source in sources:
                self.copy(self.context / source, self.folder / target)
        elif instruction == "RUN" and not text.startswith(NEEDS_ROOT):
            subprocess.run(self.path(text), shell=True, check=True, cwd=self.folder, env=self.environment)
        elif instruction == "HEALTHCHECK":
            self.health = json.loads(text.split("CMD", 1)[1])
        elif instruction == "CMD":
            self.command = json.loads(text)

    def copy(self, source, target):
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)

    def serve(self):
        """Start the command, and wait for the health check to pass; then it has to end when it is told to."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        environment = self.environment | RUN_WITH | {"PORT": port, "BIND": "127.0.0.1"}
        command, health = ([self.program(words[0]), *words[1:]] for words in (self.command, self.health))
        subprocess.run(
            [self.program("python"), "manage.py", "migrate", "--verbosity=0"],
            check=True,
            cwd=self.folder,
            env=environment,
        )
        server = subprocess.Popen(command, cwd=self.folder, env=environment)
        try:
            deadline = time.monotonic() + START_SECONDS
            while subprocess.run(health, cwd=self.folder, env=environment, capture_output=True).returncode:
                if time.monotonic() > deadline or server.poll() is not None:
                    sys.exit("The health check does not pass.")
                time.sleep(0.2)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(START_SECONDS)

    def program(self, name):
        return shutil.which(name, path=self.environment["PATH"])


def main():
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        context = Path(folder, "context")
        context.mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=PROJECT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", context], input=archive, check=True)
        image = Image(Path(folder, "root"), context)
        with (context / "Dockerfile").open("rb") as dockerfile:
            for step in DockerfileParser(fileobj=dockerfile).structure:
                image.do(step["instruction"], step["value"])
        image.serve()
        print("The image can be built, and its health check passes.")


if __name__ == "__main__":
    main()
