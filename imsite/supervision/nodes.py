"""The nodes that `manage.py up` runs on this machine: their names, ports and folders, and each one's process.

One alone has the ports and the folder of the environment. Several are a cluster to look at, with folders of its own for
each number of nodes, since votes outlive a start; the first has the ports of the environment, each further one has them
ten higher, so that rows of ports stay readable. Not here: the several processes of one node.
"""

import dataclasses
import time
from dataclasses import dataclass

from imsite.env import Environment
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.supervision.child import NodeChild
from imsite.supervision.restarts import RestartBudget

NODES_MAX = 5
"""More nodes on one machine serve nobody better."""
PORT_STEP = 10
PORTS = ("IM_HTTP_PORT", "IM_WS_PORT", "IM_CLUSTER_PORT", "IM_CLUSTER_DATA_PORT")


@dataclass(frozen=True)
class NodePlan:
    """One node. `environment` is the one its process gets; `changed` is what differs from the supervisor's."""

    environment: Environment
    changed: dict[str, str]

    @property
    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the names of their settings."""
        node = self.environment
        values = (node.http_port, node.ws_port, node.cluster_port, node.cluster_data_port)
        return dict(zip(PORTS, values, strict=True))

    @property
    def http_address(self) -> str:
        """Where this machine reaches its pages."""
        return f"http://{reachable_host(self.environment.bind_host)}:{self.environment.http_port}"

    def probes(self, processes: int) -> list[str]:
        """Where this machine reaches each of the node's processes, which share `http_address` if they are several."""
        if processes == 1:
            return [self.http_address]
        host, port = reachable_host(self.environment.bind_host), self.environment.probe_port
        return [f"http://{host}:{port + PORT_STEP * place}" for place in range(processes)]

    @property
    def ws_address(self) -> str:
        """Where this machine reaches its sessions."""
        return f"ws://{reachable_host(self.environment.bind_host)}:{self.environment.ws_port}/ws/v1"


def plan_nodes(environment: Environment, count: int) -> list[NodePlan]:
    """Return `count` nodes of one cluster. One alone is what the environment says. Raises OperatorError."""
    if not 1 <= count <= NODES_MAX:
        raise OperatorError(phrase("--nodes must be from 1 to {most}, not {count}", most=NODES_MAX, count=count))
    if count == 1:
        return [NodePlan(environment, {})]
    first = NodePlan(environment, {}).ports
    cluster_ports = [first["IM_CLUSTER_PORT"] + PORT_STEP * place for place in range(count)]
    host = reachable_host(environment.cluster_host)
    return [
        _plan(environment, place, [f"{host}:{port}" for port in cluster_ports if port != own], count)
        for place, own in enumerate(cluster_ports)
    ]


def reachable_host(bind_host: str) -> str:
    """The host part of an address on this machine, where a server listens on `bind_host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind_host, bind_host)  # noqa: S104 - compared, not bound
    return f"[{host}]" if ":" in host else host


class SupervisedNode:
    """A node's process, started again when it dies, a bounded number of times."""

    def __init__(self, plan: NodePlan, *, server: str, processes: int) -> None:
        self.plan = plan
        arguments = ["--server", server, "--processes", str(processes)]
        self.child = NodeChild(arguments, [f"{address}/readyz" for address in plan.probes(processes)], plan.changed)
        self._budget = RestartBudget()

    def restart(self) -> None:
        """Start it again after its death. Raises OperatorError when it dies again and again."""
        delay_s = self._budget.delay_after_death(self.child.lifetime_s)
        if delay_s is None:
            raise OperatorError(
                phrase(
                    "the node dies again and again (exit code {code}): its lines above say why",
                    code=self.child.exit_code,
                )
            )
        time.sleep(delay_s)
        self.child.start()


def _plan(environment: Environment, place: int, others: list[str], count: int) -> NodePlan:
    ports = {name: port + PORT_STEP * place for name, port in NodePlan(environment, {}).ports.items()}
    alone = environment.cluster_dir
    folder = alone.with_name(f"{alone.name}-of-{count}") / f"node-{place + 1}"
    changed = {
        **{name: str(port) for name, port in ports.items()},
        "IM_NODE_NAME": f"node-{place + 1}",
        "IM_CLUSTER_DIR": str(folder),
        "IM_CLUSTER_JOIN": ",".join(others),
        "IM_CLUSTER_EXPECT": str(count),
    }
    node = dataclasses.replace(environment, values={**environment.values, **changed})
    _require_ports(node)
    if not environment.public_ws_url:
        changed["IM_PUBLIC_WS_URL"] = NodePlan(node, {}).ws_address
    return NodePlan(dataclasses.replace(environment, values={**environment.values, **changed}), changed)


def _require_ports(node: Environment) -> None:
    """Look at each port once: one that is none is an error now, not in a process of its own."""
    _ = NodePlan(node, {}).ports
