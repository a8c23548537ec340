"""The template: what Chalice makes of app.py, merged with infra/app.yaml and with what follows from the code."""
