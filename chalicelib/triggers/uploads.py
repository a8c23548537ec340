"""Which room receives a file that has arrived: that of its folder."""

from chalicelib.batches import worker as batches
from chalicelib.batches.model import FOLDER as BATCHES
from chalicelib.disputes.evidence import worker as evidence
from chalicelib.disputes.evidence.model import FOLDER as EVIDENCE
from chalicelib.onboarding import worker as documents
from chalicelib.onboarding.uploads import FOLDER as DOCUMENTS

RECEIVERS = {BATCHES: batches.arrived, DOCUMENTS: documents.arrived, EVIDENCE: evidence.arrived}
