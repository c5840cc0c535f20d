from .encoders import DualEncoder
from .index import BruteForceIndex, StreamingIndex
from .losses import in_batch_softmax

__all__ = ["BruteForceIndex", "DualEncoder", "StreamingIndex", "in_batch_softmax"]
