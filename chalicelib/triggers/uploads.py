"""Which room receives a file that has arrived: that of its folder."""

from chalicelib.batches import worker as batches
from chalicelib.batches.model import FOLDER as BATCHES
from chalicelib.onboarding import worker as documents
from chalicelib.onboarding.uploads import FOLDER as DOCUMENTS

RECEIVERS = {BATCHES: batches.arrived, DOCUMENTS: documents.arrived}
