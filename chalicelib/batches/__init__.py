"""Files of reductions: announced, sent to S3, and each line reported as if it came alone (docs/adr/0008)."""
