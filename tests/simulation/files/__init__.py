"""Files: the bucket as it is at its worst, operators who send files of trips, and what must hold of them."""
