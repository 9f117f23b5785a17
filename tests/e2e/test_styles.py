"""Colours that no other test looks at: on paper, and where the mouse is."""

from playwright.sync_api import expect

from tests.conftest import member_of
from tests.e2e.conftest import PASSWORD

WHITE = "rgb(255, 255, 255)"
LIGHT_BLUE = "rgb(165, 204, 246)"


def test_a_page_of_the_dark_theme_is_printed_on_white(log_in, operator, page, sandbox, base_url):
    log_in(operator)
    page.goto(f"{base_url}/batches/")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    expect(page.locator("#batch-list")).not_to_have_css("background-color", WHITE)
    page.emulate_media(media="print")
    expect(page.locator("#batch-list")).to_have_css("background-color", WHITE)


def test_a_link_of_the_dark_administration_is_light_under_the_mouse(log_in, page, sandbox, base_url, transactional_db):
    log_in(member_of("Administrators", "administrator@example.com", password=PASSWORD))
    page.emulate_media(color_scheme="dark")
    page.goto(f"{base_url}/admin/accounts/user/")
    link = page.get_by_role("link", name="administrator@example.com")
    link.hover()
    expect(link).to_have_css("color", LIGHT_BLUE)
