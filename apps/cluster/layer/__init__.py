"""The channel layer of the cluster: messages go to the owner of a group's slot, and from there to its members."""

from apps.cluster.layer.layer import SlotChannelLayer
from apps.cluster.layer.seats import Seat

__all__ = ["Seat", "SlotChannelLayer"]
