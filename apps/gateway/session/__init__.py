"""One WebSocket session as a pure machine: frames, pushes and ticks go in, a list of effects comes out."""

from apps.gateway.session.answers import too_many_messages as too_many_messages
from apps.gateway.session.effects import Authenticate as Authenticate
from apps.gateway.session.effects import Call as Call
from apps.gateway.session.effects import Close as Close
from apps.gateway.session.effects import Effect as Effect
from apps.gateway.session.effects import Identity as Identity
from apps.gateway.session.effects import Note as Note
from apps.gateway.session.effects import Question as Question
from apps.gateway.session.effects import Request as Request
from apps.gateway.session.effects import SendText as SendText
from apps.gateway.session.limits import Limits as Limits
from apps.gateway.session.machine import Session as Session
