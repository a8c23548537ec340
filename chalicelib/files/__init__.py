"""Files in the private bucket: signed forms to send them, signed links to fetch them. The only room that knows S3."""
