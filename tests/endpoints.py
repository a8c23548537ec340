"""Every route that the app has, so that a new one is tested the day it is declared."""

import app
from chalicelib.edge.http import ENDPOINTS, Endpoint

ROUTES: dict[str, Endpoint] = {f"{each.method} {each.path}": each for each in ENDPOINTS}

assert app.app.routes.keys() == {endpoint.path for endpoint in ENDPOINTS}
