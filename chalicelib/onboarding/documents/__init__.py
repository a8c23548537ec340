"""Documents of an application: announced, uploaded, checked, read."""
