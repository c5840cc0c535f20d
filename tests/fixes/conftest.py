"""What the tests of fixes share: the mark of those that ask TensorFlow."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tensorflow: needs an installed TensorFlow")
