"""Free ports on the loopback interface."""

import socket


def free_port(usual: int) -> int:
    """The usual port if nothing listens there, else any free one. It can be taken again before it is used."""
    for port in (usual, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("binding port 0 finds a free port")
