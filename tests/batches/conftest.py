"""Fixtures of the tests of the app."""

import pytest


@pytest.fixture
def open_list(client, viewer, sandbox):
    """Opens the list of batches as a viewer, with a query, and gives its HTML."""
    client.force_login(viewer)

    def open_list(**query):
        response = client.get("/batches/", query)
        assert response.status_code == 200
        return response.content.decode()

    return open_list
