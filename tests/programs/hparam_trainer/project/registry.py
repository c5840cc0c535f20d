_REGISTRY = {}


def register(name):
    def decorator(obj):
        if name in _REGISTRY:
            raise ValueError(f"{name} is already registered")
        _REGISTRY[name] = obj
        return obj

    return decorator


def create(name, *args, **kwargs):
    return _REGISTRY[name](*args, **kwargs)
