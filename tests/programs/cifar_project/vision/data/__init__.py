from vision.data.pipeline import Pipeline
from vision.data.synthetic import SyntheticImages

__all__ = ["Pipeline", "SyntheticImages"]
