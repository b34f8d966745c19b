"""What is known of other providers' streams beyond their dialects: little, so little is asked."""

from __future__ import annotations

from streamtape.checks.expected.base import Expected

OTHERS = (
    # The run may end while a step waits for the user's tools; the rest comes as a new stream.
    Expected(dialect="openai-assistants", lenient=("run", "step")),
    Expected(dialect="bedrock-converse", followed_by=(("messageStop", "metadata"),)),
    Expected(dialect="bedrock-nova", followed_by=(("messageStop", "metadata"),)),
    # Some models' streams on Bedrock begin with the first text.
    Expected(dialect="bedrock-cohere", lenient=("stream",)),
    # JSON-RPC as A2A streams it: one result after the other.
    Expected(dialect="mcp", followed_by=(("result", "result"),)),
    Expected(dialect="replicate", plain_text=True),
)
