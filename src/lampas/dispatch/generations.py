"""The generations of the states that nodes are sent: each is given out once, and is stored before it is sent.

The commit that remembers a state reserves the next one's generation, so that the next state waits for none.
"""

from __future__ import annotations

from django.db import transaction

from lampas.core.nodestate import NodeState
from lampas.store.models import Node

_ours: dict[int, int] = {}  # node → the generation that this process reserved for its next state


def next_of(node: Node) -> int:
    """A generation for the node's next state, higher than all before it.

    Args:
        node: As it was just read: what another process reserved meanwhile shows there.
    """
    ours = _ours.pop(node.pk, 0)
    if ours and ours == node.reserved and ours > node.generation:
        return ours
    with transaction.atomic():
        stored = Node.objects.select_for_update().only("generation", "reserved").get(pk=node.pk)
        generation = max(stored.generation, stored.reserved) + 1
        Node.objects.filter(pk=node.pk).update(reserved=generation)
    return generation


def remember(node: Node, state: NodeState) -> None:
    """Writes down what the node applied, and reserves the next generation where nobody else did meanwhile."""
    following = state.generation + 1
    done = {"sent": state.encode(), "generation": state.generation}
    if Node.objects.filter(pk=node.pk, reserved=state.generation).update(**done, reserved=following):
        _ours[node.pk] = following
    else:
        Node.objects.filter(pk=node.pk).update(**done)
