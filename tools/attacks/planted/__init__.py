"""What streamtape makes and says of secrets: pages, reports, messages, logs, answers of servers.

Each module has functions that take all secrets at once and yield places, with everything that a
person, a log or a file got to see there. `tools/attacks/plant.py` searches it for the secrets.
"""
