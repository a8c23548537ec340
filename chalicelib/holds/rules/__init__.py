"""What bounds a hold: the grant, the signature, and why the answer is no."""
