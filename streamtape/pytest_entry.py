"""The entry point for pytest, which makes pytest load the plugin under the name of its module.

So `-p streamtape.pytest_plugin`, and the same in `pytest_plugins` of a conftest.py, name what is
loaded already, and pytest passes over them. Were the plugin itself the entry point, pytest would
refuse to have it under two names. It imports nothing.
"""

pytest_plugins = ("streamtape.pytest_plugin",)
