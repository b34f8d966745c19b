"""A test suite of VCR.py, pytest-recording, pytest-vcr or cassetter -> one of streamtape's.

Text in, text out; no disk. Python is rewritten by LibCST (extra `migrate`), so that everything
that is not ours to change stays as it was, comments and blank lines included. What can't be
rewritten for certain is left alone and noted.
"""
