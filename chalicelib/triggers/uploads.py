"""Which room receives a file that has arrived: that of its folder."""

from chalicelib.batches.model import FOLDER as BATCHES
from chalicelib.batches.processing import worker as batches
from chalicelib.disputes.evidence import worker as evidence
from chalicelib.disputes.evidence.model import FOLDER as EVIDENCE
from chalicelib.onboarding.documents import worker as documents
from chalicelib.onboarding.documents.uploads import FOLDER as DOCUMENTS

RECEIVERS = {BATCHES: batches.arrived, DOCUMENTS: documents.arrived, EVIDENCE: evidence.arrived}
