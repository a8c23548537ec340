"""A merchant leaves the mall: nothing new is sold, orders are served, every point is bought back (guide §6)."""
