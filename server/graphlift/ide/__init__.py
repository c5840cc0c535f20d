"""What editors and the command line ask: plain data in, plain data out."""
