"""The part of `verify` that runs inside the user's interpreter: the standard library and TensorFlow alone.

One single-threaded process imports TensorFlow and executes nothing, then forks a child for each run
(`serve`). A child executes the program with one function instrumented (`job`) and writes what it sees as JSON
lines; it judges nothing. `graphlift.verify` starts the process, reads the lines and compares the runs.

The package is loaded under the name `_graphlift_agent`, so that no module of a program can be mistaken for
one of these. It supports Python 3.9 and later, whatever Graphlift itself runs on.
"""
