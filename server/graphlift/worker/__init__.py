"""The analysis process: what runs in it, how the server speaks to it, and how it is kept alive."""
