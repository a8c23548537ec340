"""Every key of the one table, by page: names and ids, what accounts own, what is kept by month or day, everything else.

docs/access-patterns.md gives each its readers, writers and cost.

Accounts (persons, institutions, tills, campaigns) have *names*; a Transfer moves amounts from name to name.
A name is the partition key of the account's item, so no name is ever looked up. ``system:`` names have no item:
their sums are projected from the stream.
"""

from chalicelib.table.keys.accounts import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.conformance import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.disputes import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.events import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.messages import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.months import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.names import *  # noqa: F403 - every key, under one name
from chalicelib.table.keys.rooms import *  # noqa: F403 - every key, under one name
