"""How a file of reductions is worked through, line by line, once for ever."""
