"""The ASGI application sends each protocol where it belongs."""

from channels.testing import HttpCommunicator, WebsocketCommunicator

from imsite.asgi import application


async def test_pages_go_to_django() -> None:
    response = await HttpCommunicator(application, "GET", "/healthz").get_response()

    assert response["status"] == 200


async def test_sockets_go_to_the_gateway_which_knows_one_path() -> None:
    accepted, code = await WebsocketCommunicator(application, "/ws/v0").connect()

    assert not accepted
    assert code == 4400
