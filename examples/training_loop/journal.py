"""What happened during training, kept in plain Python."""

ENTRIES = []


def note(name, value):
    remember({"name": name, "value": value})


def remember(entry):
    ENTRIES.append(entry)
