"""What carries requests: sockets, connections, proxies, and the transports built on them."""
