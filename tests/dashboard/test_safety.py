"""Headers, proxies, error pages, and that the API key stays where it is."""

import json
import logging
import logging.config
import os
import re
import sys
from ipaddress import ip_network

import pytest
import structlog
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from dashboard.logs import configure
from dashboard.settings import BASE_DIR
from dashboard.urls import handler400 as handler400
from dashboard.urls import handler404 as handler404
from dashboard.urls import handler500 as handler500
from dashboard.urls import urlpatterns as real_urlpatterns
from tests.html import parsed
from tests.workers.processes import Processes

KEY = "key-for/tests+&more=="


def broken(_request):
    headers = {"Syllable-API-Key": KEY}
    raise RuntimeError(f"could not send {headers}")


def forbidden(_request):
    raise PermissionDenied


def whoami(request):
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.is_secure()}")


for view in (broken, forbidden, whoami):
    view.login_required = False
urlpatterns = [
    *real_urlpatterns,
    path("broken/", broken),
    path("forbidden/", forbidden),
    path("whoami/", whoami),
]
with_odd_pages = pytest.mark.urls(__name__)


def test_pages_say_what_a_browser_may_do_with_them(client, db):
    headers = client.get("/accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "private" in headers["Cache-Control"]


def test_no_page_needs_an_inline_script_or_style(log_in, administrator):
    client = log_in(administrator)
    for address in ("/accounts/profile/", "/accounts/password/change/", "/nothing-here/"):
        page = parsed(client.get(address))
        assert not page.css('script:not([src]), style, [style], [href^="javascript:"]'), address
        handlers = [name for element in page.css("*") for name in element.attributes if name.startswith("on")]
        assert not handlers, address


def test_every_answer_has_its_request_id(client, db):
    first, second = (client.get("/accounts/login/").headers["X-Request-ID"] for _ in range(2))
    assert first != second


@with_odd_pages
@pytest.mark.parametrize(
    ("proxies", "forwarded_for", "seen"),
    [
        ([], "203.0.113.9", "127.0.0.1 False"),
        (["10.0.0.0/8"], "203.0.113.9", "127.0.0.1 False"),
        (["127.0.0.1/32"], "203.0.113.9", "203.0.113.9 True"),
        (["127.0.0.1/32"], "1.1.1.1, 203.0.113.9", "203.0.113.9 True"),
        (["127.0.0.1/32", "10.0.0.0/8"], "1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9 True"),
        (["127.0.0.1/32"], "", "127.0.0.1 True"),
        # A proxy may write the port as well.
        (["127.0.0.1/32"], "203.0.113.9:5678", "203.0.113.9 True"),
        (["127.0.0.1/32"], "[2001:db8::7]:443", "2001:db8::7 True"),
        (["127.0.0.1/32"], "[2001:db8::7]", "2001:db8::7 True"),
        (["127.0.0.1/32", "10.0.0.0/8"], "1.1.1.1, 203.0.113.9, 10.0.0.7:443", "203.0.113.9 True"),
        (["127.0.0.1/32", "10.0.0.0/8"], "203.0.113.9, ::ffff:10.0.0.7", "203.0.113.9 True"),
        # A proxy that does not know its visitor leaves itself, never what stands to the left of that.
        (["127.0.0.1/32"], "1.1.1.1, unknown", "127.0.0.1 True"),
        (["127.0.0.1/32"], "1.1.1.1,", "127.0.0.1 True"),
        (["127.0.0.1/32", "10.0.0.0/8"], "1.1.1.1, rubbish, 10.0.0.7", "10.0.0.7 True"),
        (["127.0.0.1/32", "10.0.0.0/8"], "1.1.1.1, , 10.0.0.7", "10.0.0.7 True"),
        (["127.0.0.1/32", "10.0.0.0/8"], "10.0.0.9, 10.0.0.7", "10.0.0.9 True"),
    ],
)
def test_only_named_proxies_are_believed(client, db, settings, proxies, forwarded_for, seen):
    settings.TRUSTED_PROXIES = [ip_network(proxy) for proxy in proxies]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": "https"}
    assert client.get("/whoami/", headers=headers).content.decode() == seen


@with_odd_pages
@pytest.mark.parametrize(
    ("peer", "seen"),
    [("", ""), ("unix:/run/dashboard.sock", ""), ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1")],
)
def test_where_a_request_comes_from_is_an_address_or_nothing(client, db, peer, seen):
    assert client.get("/whoami/", REMOTE_ADDR=peer).content.decode() == f"{seen} False"


@with_odd_pages
def test_an_error_page_needs_no_database_and_names_the_request(settings):
    response = Client(raise_request_exception=False).get("/broken/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "Something went wrong on our side" in page
    assert response.headers["X-Request-ID"] in page


@with_odd_pages
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_even_the_page_for_developers_does_not_show_the_key(settings, accept):
    settings.DEBUG = True
    settings.SYLLABLE_API_KEY = KEY
    response = Client(raise_request_exception=False).get("/broken/", headers={"Accept": accept})
    assert response.status_code == 500
    page = response.content.decode()
    assert "could not send" in page
    assert "key-for-" not in page


@with_odd_pages
def test_a_person_without_the_role_reads_which_one_it_takes(log_in, viewer):
    response = log_in(viewer).get("/forbidden/")
    page = response.content.decode()
    assert response.status_code == 403
    assert "Operator" in page
    assert "administrator of this dashboard" in page


def test_a_forged_form_is_refused_in_words(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer)
    form = {"name": "x", "time_zone": ""}
    response = client.post("/accounts/profile/", form, headers={"Referer": "http://testserver/accounts/profile/"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "Send the form again" in page
    assert 'href="http://testserver/accounts/profile/"' in page


def test_the_way_back_from_a_forged_form_leads_to_no_other_site(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer)
    response = client.post("/accounts/profile/", {}, headers={"Referer": "https://evil.example/"})
    assert "evil.example" not in response.content.decode()


def test_an_unknown_host_is_refused(client):
    response = client.get("/accounts/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "Error 400" in response.content.decode()


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
PART = 'x\r\nContent-Disposition: form-data; name="kind"\r\n\r\npause\r\n--x--\r\n'


@pytest.mark.parametrize("address", ["/accounts/login/", "/batches/x/pause/", "/operations/", "/nothing-here/"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{FORM}; charset=utf-16", "kind=pause".encode("utf-16")),
        (f'{FORM}; charset="UTF-16LE"', "kind=pause".encode("utf-16-le")),
        (f"{FORM}; charset=utf-7", b"kind=+2AA-"),
        (f"{PARTS}; charset=utf-16", PART.encode("utf-16")),
        (f"{PARTS}; charset=utf-7", PART.replace("pause", "+2AA-").encode()),
    ],
)
def test_text_in_another_encoding_is_refused_in_words(viewer, address, content_type, body):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer)
    # From then on the token in the form is looked at.
    client.get("/accounts/profile/")
    for method in ("GET", "POST"):
        response = client.generic(method, f"{address}?a=b", body, content_type=content_type)
        assert response.status_code == 400
        assert "Error 400" in response.content.decode()


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=UTF-8", f"{FORM}; charset=no-such-thing", PARTS])
def test_what_is_not_said_to_be_in_another_encoding_is_read_as_utf_8(client, viewer, content_type):
    client.force_login(viewer)
    body = f"--{PART}".replace("kind", "name").replace("pause", "Zoë") if content_type == PARTS else "name=Zo%C3%AB"
    assert client.generic("POST", "/accounts/profile/", body, content_type=content_type).status_code == 302
    viewer.refresh_from_db()
    assert viewer.name == "Zoë"


def test_a_form_that_is_too_large_is_refused_even_where_there_is_nothing(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer)
    client.get("/accounts/profile/")
    for address, code in (("/nothing-here/", 404), ("/accounts/profile/", 400)):
        assert client.generic("POST", address, "a=" + "x" * 2_000_000, content_type=FORM).status_code == code


@pytest.mark.parametrize(
    ("method", "address", "allowed", "back"),
    [
        ("GET", "/batches/a.1/pause/", "POST", "/batches/a.1/"),
        ("GET", "/changes/7/undo/", "POST", "/changes/7/"),
        ("GET", "/operations/7/abort/", "POST", "/operations/7/"),
        ("POST", "/batches/", "GET, HEAD", "/batches/"),
        ("PUT", "/campaigns/7/", "GET, HEAD", "/campaigns/7/"),
        ("DELETE", "/operations/", "GET, HEAD, POST", "/operations/"),
        ("POST", "/healthz", "GET, HEAD", "/healthz"),
    ],
)
def test_the_wrong_method_gets_a_page_with_a_way_back(client, operator, method, address, allowed, back):
    client.force_login(operator)
    response = client.generic(method, address)
    page = response.content.decode()
    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    assert "Error 405" in page
    assert "Nothing changed" in page
    assert f'<a class="btn btn-primary" href="{back}">' in page


@pytest.mark.parametrize("sandbox", [True, False])
def test_every_page_says_when_its_data_is_the_sandboxs(client, db, settings, sandbox):
    settings.SANDBOX = sandbox
    assert ("This is sandbox data" in client.get("/accounts/login/").content.decode()) is sandbox


def rendered(record_or_event, **extra):
    """Render a log line as production does, by structlog and by the standard library."""
    formatter = logging.config.DictConfigurator(configure(debug=False, level="INFO", secret=KEY))
    handler = formatter.configure_formatter(formatter.config["formatters"]["lines"])
    return handler.format(record_or_event)


def record(message, *args, exc_info=None):
    return logging.LogRecord("some.library", logging.ERROR, __file__, 1, message, args, exc_info)


@pytest.fixture
def _logs_as_in_the_other_tests(settings):
    yield
    configure(debug=False, level="INFO", secret=settings.SYLLABLE_API_KEY)


@pytest.mark.usefixtures("_logs_as_in_the_other_tests")
class TestLogs:
    def test_a_line_is_one_json_object(self):
        line = json.loads(rendered(record("hello %s", "world")))
        assert line["event"] == "hello world"
        assert line["level"] == "error"

    def test_the_key_is_hidden_in_messages_and_tracebacks(self):
        try:
            raise RuntimeError(KEY)
        except RuntimeError:
            line = rendered(record("sent %s", {"header": KEY}, exc_info=sys.exc_info()))
        assert "Traceback" in line
        assert KEY not in json.dumps(json.loads(line))

    def test_what_is_named_like_a_credential_is_hidden_at_any_depth(self):
        event = {"request": {"Cookie": "abc123", "headers": [{"Authorization": "abc123"}]}, "password": "abc123"}
        with structlog.contextvars.bound_contextvars(**event):
            line = rendered(record("x"))
        assert "abc123" not in line

    def test_a_reset_link_is_hidden(self):
        line = rendered(record("GET /accounts/password/reset/key/1-abcdef-0123/"))
        assert "abcdef" not in line

    def test_a_request_leaves_one_line_without_query_address_or_email(self, log_in, viewer, caplog):
        caplog.set_level(logging.INFO)
        log_in(viewer).get("/accounts/profile/?q=someone@example.com")
        [event] = [r.msg for r in caplog.records if isinstance(r.msg, dict) and r.msg["event"] == "request_finished"]
        assert event["request"] == "GET /accounts/profile/"
        assert event["user_id"] == viewer.pk
        assert "127.0.0.1" not in str(event)
        assert "example.com" not in str(event)


PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    "SECRET_KEY": "kT9#vQ2mZ8wL4xR7nB1cY6hJ3fD5gS0aP-EuViOoWqXzMtNrKlHj",
    "ALLOWED_HOSTS": "dashboard.example.com",
    "SYLLABLE_API_KEY": "x",
    "DATABASE_URL": "sqlite:///:memory:",
}


@pytest.fixture
def run_check(tmp_path):
    """Run Django's check of a deployment with these variables; return its exit code and what it wrote."""
    processes = Processes(PRODUCTION, tmp_path)

    def run_check(**environment):
        check = processes.manage_as_typed("check", "--deploy", "--fail-level", "WARNING", **environment)
        return check.wait(), check.log.read_text()

    yield run_check
    processes.end()


def test_production_settings_pass_djangos_own_check(run_check):
    code, written = run_check()
    assert code == 0, written


@pytest.mark.parametrize(
    ("environment", "delivers"),
    [
        ({"EMAIL_URL": "consolemail://"}, False),
        ({"EMAIL_URL": "filemail:///var/mails"}, False),
        ({"EMAIL_URL": "memorymail://"}, False),
        ({"EMAIL_URL": "dummymail://"}, False),
        ({"EMAIL_URL": "smtp+tls://user:password@mail.example.com:587"}, True),
        ({"EMAIL_URL": "consolemail://", "SANDBOX": "true"}, True),
        ({"EMAIL_URL": "consolemail://", "DEBUG": "true"}, True),
    ],
)
def test_mails_count_as_delivered_by_a_mail_server_alone(tmp_path, environment, delivers):
    asking = Processes(PRODUCTION, tmp_path).shell(
        "from dashboard import settings; print(settings.MAIL_DELIVERS)", **environment
    )
    assert asking.wait() == 0
    assert asking.log.read_text() == f"{delivers}\n"


def test_every_variable_is_explained_in_the_example():
    settings = "".join(path.read_text() for path in sorted((BASE_DIR / "dashboard").glob("settings*.py")))
    read = re.findall(r"""env[a-z.]*\(\s*"([A-Z_]+)""", settings)
    explained = re.findall(r"^#? ?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    # compose.yaml reads the one, and the other is explained beside SYLLABLE_API_KEY.
    assert {*read} - {"SYLLABLESDK_API_KEY_HEADER"} == {*explained} - {"POSTGRES_PASSWORD"}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SYLLABLE_API_CONTRACT": "2031-01"}, "SYLLABLE_API_CONTRACT is '2031-01'. This version speaks 2025-04"),
        *(
            ({"SYLLABLE_TIMEOUT": seconds}, "It must be seconds, above 0 and at most 3600")
            for seconds in ("0", "-1", "nan", "inf", "1e9", "ten", "")
        ),
        ({"OPERATION_LEASE": "0"}, "OPERATION_LEASE is '0'. It must be seconds, above 0 and at most 3600."),
        ({"TRAIL_DAYS": "-1"}, "TRAIL_DAYS must be a number of days, or 0 to keep all entries."),
        ({"AUDIT_STREAM_URL": "siem.example.com"}, "AUDIT_STREAM_URL must be an address that begins with https://"),
        ({"AUDIT_STREAM_URL": "https://siem.example.com"}, "Set AUDIT_STREAM_SECRET"),
        ({"TRUSTED_PROXIES": "my-proxy"}, "'my-proxy' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(run_check, environment, words):
    code, written = run_check(**environment)
    assert code != 0
    assert words in written


def test_pages_are_compressed_and_each_to_a_length_of_its_own(client, viewer):
    """A length that told what the page says would give its CSRF token away, guess by guess."""
    client.force_login(viewer)

    pages = [client.get("/changes/", headers={"accept-encoding": "gzip"}) for _ in range(20)]

    assert {page.headers["Content-Encoding"] for page in pages} == {"gzip"}
    assert len({len(page.content) for page in pages}) > 5
