"""Designs in Quint (https://quint.sh), checked by its simulator, and their traces asked of the real actions."""
