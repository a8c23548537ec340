"""From code to cloud: the templates, the zip, their checks, and the change of a stage's stacks."""
