"""Messages: what happened to a holder's points, orders and rights, in plain words; and the client that is notified."""
