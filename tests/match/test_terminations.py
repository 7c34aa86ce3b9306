"""Where connections end, and where they do not."""

import numpy as np
import pytest

from tests.match.crafting import later, table
from tests.match.loading import match
from tests.match.proxied import captures

HOURS = 5 * 3600 * 10**9


def joined(kind, *, offset=HOURS):
    near, far = captures(kind)
    found, flows = match([table(near), table(later(far, offset))])
    both = (flows.member >= 0).all(axis=1)
    return found, flows, both


def apart(labels, both):
    return (labels[both, 0] != labels[both, 1]).all() if labels.size else False


@pytest.mark.parametrize("kind", ["nat", "isn"])
def test_a_box_that_renumbers_ends_nothing(kind):
    """A plain NAT, or a firewall that shifts both sides' numbers, is never called a proxy."""
    found, flows, both = joined(kind)
    assert both.sum() == 6
    assert flows.connection.size == 0
    assert np.all(found.rows >= 0)


def test_a_syn_proxy_has_a_handshake_on_either_side_and_one_connection():
    """Its SYN-ACK is there before the server's: no packet of the handshake was forwarded, all others were."""
    found, flows, both = joined("syn-proxy")
    assert both.sum() == 6
    assert apart(flows.handshake, both)
    assert not apart(flows.connection, both)
    assert np.count_nonzero((found.rows >= 0).all(axis=1)) == 6 * 6
    assert np.count_nonzero((found.rows >= 0).sum(axis=1) == 1) == 6 * 6


def test_a_proxy_joins_connections_and_no_packet_survives():
    found, flows, both = joined("proxy")
    assert both.sum() == 6
    assert apart(flows.connection, both)
    assert not (found.rows >= 0).all(axis=1).any()
    assert len(found.relayed.flow) == 6 * 6


def test_the_clocks_have_no_say():
    """Another offset, the same result."""
    for offset in (0, -HOURS):
        _, flows, both = joined("syn-proxy", offset=offset)
        assert apart(flows.handshake, both)


def test_the_order_of_the_arguments_has_no_say():
    near, far = captures("proxy")
    _, flows = match([table(far), table(near)])
    assert apart(flows.connection, (flows.member >= 0).all(axis=1))
