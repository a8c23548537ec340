"""``make bench``: every figure of docs/performance.md, measured in one run and compared as ratios."""
