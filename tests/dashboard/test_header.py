"""The header: it is never another's, and never of before."""

from django.test import Client

PAGE = "/changes/"


def header(client):
    page = client.get(PAGE).content.decode()
    return page[page.index("<header") : page.index("</header>")]


def test_everybody_sees_their_own(operator, viewer):
    operator.name = viewer.name = "Sam"
    operator.save()
    viewer.save()
    one, other = Client(), Client()
    one.force_login(operator)
    other.force_login(viewer)
    for _ in range(2):
        assert operator.email in header(one)
        assert viewer.email in header(other)


def test_it_follows_the_person(client, operator):
    client.force_login(operator)
    assert "Operator" in header(client)
    operator.name = "A new <name>"
    operator.save()
    operator.groups.clear()
    page = client.get("/accounts/profile/").content.decode()
    assert "A new &lt;name&gt;" in page
    assert "No role" in page


def test_it_marks_where_the_reader_is_and_nothing_that_begins_like_it(client, operator):
    client.force_login(operator)
    assert "aria-current" not in client.get("/accounts/profile/").content.decode()
    assert "aria-current" not in client.get("/changesets/").content.decode()
    assert '<a href="/changes/" aria-current="page">' in header(client)


def test_everybody_can_log_out_with_their_own_token(operator, viewer):
    for person in (operator, viewer):
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)
        token = header(client).split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        assert client.post("/accounts/logout/", {"csrfmiddlewaretoken": token}).status_code == 302
        assert client.get(PAGE).status_code == 302
