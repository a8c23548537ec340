"""Where the outside touches us: HTTP and events in, one Decision a message, one commit, problems out."""
