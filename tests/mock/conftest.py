"""Clients that wait long for real servers."""

from tests.patience import patient_clients

__all__ = ["patient_clients"]
