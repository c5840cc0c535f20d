from . import convnet, mlp  # noqa: F401
