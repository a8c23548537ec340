"""The only room that calls addresses which others name. Each is judged before a connection is made to it."""
