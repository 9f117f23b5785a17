"""A Redis of the tests' own: nobody's data is near."""

import shutil
import socket
import subprocess

from redis import Redis

from tests.workers.processes import eventually

REDIS = shutil.which("redis-server")


class RedisServer:
    """A server that keeps its address when it is started again, and nothing else."""

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._folder, self._process = folder, None

    def start(self):
        """Start the server; return when it answers."""
        log = self._folder / "log"
        options = ("--bind", "127.0.0.1", "--port", str(self._port), "--save", "", "--appendonly", "no")
        with log.open("w") as output:
            self._process = subprocess.Popen([REDIS, *options], cwd=self._folder, stdout=output)
        eventually(lambda: "eady to accept connections" in log.read_text())

    def empty(self):
        """Have the server forget everything; start it if need be."""
        if not self._process:
            self.start()
        with Redis.from_url(self.url) as redis:
            redis.flushall()

    def kill(self):
        """End the server at once, if it runs; return when it is gone."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
