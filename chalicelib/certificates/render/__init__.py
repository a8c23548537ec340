"""Certificates for people's eyes: the public page and the sheet to print."""
