"""Static files are served whole, with WhiteNoise's headers, and without a warning about streams."""

import warnings

from django.test import AsyncClient, Client

PATH = "/static/img/favicon.svg"


def test_a_file_comes_whole_with_its_type(client: Client) -> None:
    response = client.get(PATH)

    assert response.status_code == 200
    assert not response.streaming
    assert response.content.lstrip().startswith(b"<svg")
    assert response.headers["Content-Type"].startswith("image/svg+xml")


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    first = client.get(PATH)

    again = client.get(PATH, headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert again.status_code == 304
    assert again.content == b""


def test_a_range_is_just_that(client: Client) -> None:
    response = client.get(PATH, headers={"Range": "bytes=0-3"})

    assert response.status_code == 206
    assert len(response.content) == 4


def test_a_file_that_does_not_exist_is_not_found(client: Client) -> None:
    assert client.get("/static/img/nothing.svg").status_code == 404


async def test_under_asgi_nothing_warns(async_client: AsyncClient) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        response = await async_client.get(PATH)

    assert response.status_code == 200
    assert [str(warning.message) for warning in caught if "StreamingHttpResponse" in str(warning.message)] == []


def test_browsers_that_ask_for_the_old_icon_are_sent_to_ours(client: Client) -> None:
    assert client.get("/favicon.ico").headers["Location"] == PATH
