"""What anyone may see: supply, health, the API's description, the meaning of each problem."""
