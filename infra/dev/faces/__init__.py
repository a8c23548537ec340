"""What is made of faces/ on an engineer's machine: the API's types, and the pages that are committed."""
