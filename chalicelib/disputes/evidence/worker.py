"""What follows when a file of a dispute arrives in the bucket."""

from chalicelib.disputes.evidence import actions
from chalicelib.disputes.evidence.items import Evidence
from chalicelib.disputes.evidence.model import FOLDER, evidence_key, kept_evidence_key
from chalicelib.files import store
from chalicelib.kernel.settle import perform
from chalicelib.onboarding.documents.worker import examined
from chalicelib.table import keys, read


def arrived(key: str) -> None:
    """The bytes of a file came, at least once: see that they are what was announced, keep them, and settle it once.

    They are copied before it is settled, so what is answered as arrived can be opened. Where other bytes took their
    place meanwhile, those have an event of their own.
    """
    dispute, _, id = key.removeprefix(FOLDER).partition("/")
    evidence = read.get(keys.evidence(dispute, id), Evidence)
    if evidence is None or evidence.status != "awaiting_upload" or (came := examined(key, evidence)) is None:
        return
    if came.fault is None and not _kept(evidence, came.version):
        return
    perform(keys.digest("evidence", id), lambda command: actions.settle(command, evidence, came.fault))


def _kept(evidence: Evidence, version: str) -> bool:
    place = evidence.dispute, evidence.id
    return store.copy(evidence_key(*place), kept_evidence_key(*place), wanted=version)
