"""What an applicant fills in, and what is answered."""
