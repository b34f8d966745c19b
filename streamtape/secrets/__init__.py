"""Secrets found in bytes and masked, whole or as they stream by. No recording is known here."""
