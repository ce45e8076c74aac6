"""The client against slow, broken and hostile servers, over real sockets: one module for each kind."""
