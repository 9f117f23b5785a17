"""A mail server for a test, on a real socket: it accepts mails, refuses them, or says nothing."""

import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer


class Conversation(StreamRequestHandler):
    """As much SMTP as a client needs to hand over a mail."""

    def handle(self):
        mail_server = self.server.mail_server
        mail_server.connections += 1
        if mail_server.is_silent:
            mail_server.may_end.wait()
            return
        self.say(220, "ready")
        recipients = []
        for line in self.rfile:
            command = line.decode().split()[0].upper()
            if command == "RCPT":
                code = mail_server.refusals.pop(0) if mail_server.refusals else 250
                recipients.append(line.decode().split("<")[1].split(">")[0])
                self.say(code, f"about {recipients[-1]}")
            elif command == "DATA":
                self.say(354, "go on")
                mail_server.taken.append((recipients, self.text()))
                recipients = []
                self.say(250, "taken")
            elif command == "QUIT":
                self.say(221, "bye")
                return
            else:
                self.say(250, "fine")

    def text(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.decode())
        return "".join(lines)

    def say(self, code, words):
        self.wfile.write(f"{code} {words}\r\n".encode())


class MailServer:
    """Use it as a context. `taken` are the mails: recipients and text. `refusals` are the codes for the next mails."""

    def __init__(self):
        self.taken = []
        self.refusals = []
        self.is_silent = False
        self.connections = 0
        self.may_end = threading.Event()
        self._server = ThreadingTCPServer(("127.0.0.1", 0), Conversation, bind_and_activate=True)
        self._server.daemon_threads = True
        self._server.mail_server = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self.stop()

    def stop(self):
        """Stop answering at the port."""
        self.may_end.set()
        self._server.shutdown()
        self._server.server_close()
