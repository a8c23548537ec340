"""A policy scanner: AWS's own rules over a template. (aws/: aws-guard-rules-registry 7f7340c, Apache 2.0.)

``python -m infra.release.guard TEMPLATE…`` exits 1 where a rule is broken that exceptions.yaml does not explain, or
where an exception there has become needless.
"""
