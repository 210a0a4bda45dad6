"""For nodes that browsers visit: the settings of the tests, the channel layer that the environment names, and patience.

What these tests are about is where people go, not how soon a node is missed: a machine that has much to do at the same
time must not make one of the nodes look dead.
"""

from apps.cluster.core.gossip import GossipConfig
from apps.cluster.core.reconcile import ReconcileConfig
from imsite.settings.layers import channel_layer
from imsite.settings.test import *  # noqa: F403 - settings modules inherit by name
from imsite.settings.test import DATABASES, IM_CLUSTER, env

CHANNEL_LAYERS = {"default": channel_layer(env, DATABASES["default"])}
IM_CLUSTER = IM_CLUSTER | {
    "heartbeat_ms": 300,
    "election_ms": 2_500,
    "lease_ms": 2_000,
    "gossip": GossipConfig(probe_interval_ms=3_000, probe_timeout_ms=2_500),
    "reconcile": ReconcileConfig(
        slot_grace_ms=2_500, slot_grace_new_ms=1_000, quiet_ms=1_000, lease_wait_ms=2_200, stable_ms=1_000
    ),
}
