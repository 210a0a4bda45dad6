"""A node served by uvicorn."""

import pytest

from tests.imsite.serving.node_suite import NodeSuite

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


class TestUvicornNode(NodeSuite):
    server = "uvicorn"
