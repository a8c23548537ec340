"""How tests tell Chinese text from English."""

import re

CHINESE = re.compile("[\u4e00-\u9fff]")
