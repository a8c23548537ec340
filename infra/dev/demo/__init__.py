"""Demo data, loaded through the public API: people who travel, operators who report, merchants who sell.

Every request has an Idempotency-Key of its own that never changes, so an interrupted load simply runs again.
"""

from infra.dev.demo.greeting import greeting
from infra.dev.demo.load import load

__all__ = ["greeting", "load"]
