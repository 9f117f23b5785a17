"""Batch ids in our own addresses."""

from urllib.parse import unquote, urlsplit

import pytest
from django.urls import NoReverseMatch, Resolver404, path, register_converter, resolve, reverse
from hypothesis import example, given
from hypothesis import strategies as st

from batches.converters import BatchIdConverter

converter = BatchIdConverter()

any_id = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(any_id)
@example("20250117.9")
@example(".")
@example("..")
@example("a/edit")
@example("a%2Fb")
@example("~41")
@example("日本")
def test_any_id_comes_back_as_it_went(batch_id):
    assert converter.to_python(converter.to_url(batch_id)) == batch_id


@given(any_id)
@example("..")
@example("a?b#c")
def test_any_id_is_one_plain_segment(batch_id):
    segment = converter.to_url(batch_id)

    assert segment.isascii()
    assert set(segment) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-")
    assert not segment.startswith(".")
    assert not segment.endswith(".")
    assert unquote(segment) == segment
    assert urlsplit(f"http://host/batches/{segment}/").path == f"/batches/{segment}/"


@pytest.mark.parametrize(
    ("batch_id", "segment"),
    [
        ("20250117.9", "20250117.9"),
        ("a_b-C", "a_b-C"),
        (".", "~2E"),
        ("..", "~2E~2E"),
        (".a.b.", "~2Ea.b~2E"),
        ("a/edit", "a~2Fedit"),
        ("100%", "100~25"),
        ("a b", "a~20b"),
        ("~", "~7E"),
        ("日", "~E6~97~A5"),
    ],
)
def test_readable_ids_stay_readable(batch_id, segment):
    assert converter.to_url(batch_id) == segment


@pytest.mark.parametrize("segment", ["~", "~4", "~41", "~2f", "~FF", "a.", ".a", "~E6~97", "a~zz"])
def test_another_spelling_is_no_address(segment):
    with pytest.raises(ValueError):
        converter.to_python(segment)


@pytest.mark.parametrize("batch_id", ["", "\0", "a\0b", "\ud800", "a" * 501])
def test_an_id_that_the_trail_could_not_hold_has_no_address(batch_id):
    with pytest.raises(ValueError):
        converter.to_url(batch_id)
    with pytest.raises(NoReverseMatch):
        reverse("one", urlconf=__name__, kwargs={"batch_id": batch_id})


def test_nobody_gets_there_by_writing_the_address_by_hand():
    for segment in ("~00", "a" * 501):
        with pytest.raises(Resolver404):
            resolve(f"/{segment}/", urlconf=__name__)


register_converter(BatchIdConverter, "batch_id_under_test")
urlpatterns = [
    path("<batch_id_under_test:batch_id>/", lambda request: None, name="one"),
    path("<batch_id_under_test:batch_id>/edit/", lambda request: None, name="edit"),
]


@pytest.mark.parametrize("batch_id", ["20250117.9", "a/edit", "..", "100%", "日本", "a?b#c", "<script>"])
def test_django_resolves_what_it_reverses(batch_id):
    address = reverse("one", urlconf=__name__, kwargs={"batch_id": batch_id})

    match = resolve(unquote(address), urlconf=__name__)

    assert (match.url_name, match.kwargs) == ("one", {"batch_id": batch_id})


def test_django_finds_no_address_for_a_wrong_spelling():
    with pytest.raises(Resolver404):
        resolve("/~41/", urlconf=__name__)
