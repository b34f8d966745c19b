"""Expectations of other providers' streams: little is known, so little is checked."""

from __future__ import annotations

from streamtape.checks.expected.base import Expected

OTHERS = (
    # The run may end while a step waits for the user's tools; the rest comes as a new stream.
    Expected(dialect="openai-assistants", lenient=("run", "step")),
    Expected(dialect="bedrock-converse", followed_by=(("messageStop", "metadata"),)),
    Expected(dialect="bedrock-nova", followed_by=(("messageStop", "metadata"),)),
    # Some models' streams on Bedrock begin with the first text.
    Expected(dialect="bedrock-cohere", lenient=("stream",)),
    # A guardrail that blocks puts its own text in the place of the model's, and no reason.
    Expected(
        dialect="bedrock-text", ends_if=(("amazon-bedrock-guardrailAction", ("INTERVENED",)),)
    ),
    # JSON-RPC as A2A streams it: one result after the other. The stream of a GET carries what the
    # server says by itself, and ends when somebody closes it.
    # Its first event, in the transport of 2024, is the address to post to.
    Expected(
        dialect="mcp",
        followed_by=(("result", "result"), ("result", "error"), ("error", "result")),
        endless=("GET",),
        plain_types=("endpoint",),
    ),
    Expected(dialect="replicate", plain_text=True),
)
