"""The contents of bodies and headers: content codings, form fields, cookies.

Bytes and text only.
"""
