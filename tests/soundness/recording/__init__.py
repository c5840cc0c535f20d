"""Runs programs under TensorFlow and records what their expressions hold. Needs the standard library and TensorFlow."""
