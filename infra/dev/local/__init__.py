"""The whole system on one machine: engines, resources, HTTP, stream and upload events, kept in one folder."""
