"""From code to cloud: the templates, the zip, and the change of a stage's stacks."""
