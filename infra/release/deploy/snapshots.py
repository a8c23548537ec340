"""Resources that keep a snapshot of others: an API's deployment of its definition.

CloudFormation makes a snapshot only under a new name. Their names in the template follow what the template itself
contains; parameters are known only now.
"""

import hashlib
import json
import re
from collections.abc import Mapping

_DEPLOYMENT = "AWS::ApiGateway::Deployment"


def named(template: str, parameters: Mapping[str, str]) -> str:
    """``template`` (JSON) with a name for each snapshot that changes whenever ``parameters`` do."""
    resources = json.loads(template)["Resources"]
    for name in [name for name, resource in resources.items() if resource["Type"] == _DEPLOYMENT]:
        template = re.sub(rf'(?<=["{{]){name}(?=["}}.])', name + _digest(parameters), template)
    return template


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
