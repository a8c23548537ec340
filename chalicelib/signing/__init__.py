"""Signatures that anyone can check: ES256 by keys of KMS, or of files on one machine. The only room that knows KMS."""
