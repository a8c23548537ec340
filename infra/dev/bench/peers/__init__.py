"""The same redemption by others, in the same run: one SQL transaction behind FastAPI, and a ledger of Django.

``make bench PEERS=1`` measures them. They are development only, in an environment of their own (``.tools/peers``), and
need Debian's ``postgresql``.
"""
