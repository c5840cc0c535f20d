import numpy as np


class SyntheticImages:
    """Coloured blobs in place of the real pictures."""

    def __init__(self, n: int, size: int = 8, classes: int = 4, seed: int = 0):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, classes, size=n).astype(np.int32)
        palette = np.random.default_rng(0).uniform(0, 255, size=(classes, 3))
        noise = rng.normal(0, 20, size=(n, size, size, 3))
        self.images = np.clip(palette[self.labels][:, None, None, :] + noise, 0, 255).astype(np.uint8)

    def __len__(self):
        return len(self.labels)

    def arrays(self):
        return self.images, self.labels
