"""The sandbox of a run: a person who does not exist pays in it, by the rules of grants and holds."""
