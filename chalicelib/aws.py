"""Clients of AWS from botocore alone: what boto3 has besides (resources, transfers) nobody here uses, and it costs a
tenth of a cold start."""

import threading
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config

_making = threading.Lock()  # clients may be used by many threads, and made by one at a time


@lru_cache(maxsize=1)
def session() -> botocore.session.Session:
    """The one session of this process; it reads AWS's description of itself once."""
    return botocore.session.get_session()


def client(service: str, config: Config | None = None) -> Any:
    """A new client. Whoever needs it keeps it."""
    with _making:
        return session().create_client(service, config=config)
