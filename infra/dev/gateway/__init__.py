"""API Gateway's part on one machine: HTTP in, Lambda proxy events to the app, HTTP out."""
