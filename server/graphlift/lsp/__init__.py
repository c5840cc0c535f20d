"""The language server: the only user of pygls. It imports nothing that analyses; see `graphlift.worker`."""
