"""The model that a request names."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from urllib.parse import parse_qs

from streamtape.errors import ContentLimitError
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Interaction

_LOOKED_AT = 16  # messages of a dialogue


def requested_model(interaction: Interaction) -> str:
    """The model that the request names, or "".

    In a dialogue the client's first message that names a model counts, or else the URL.
    """
    if interaction.is_dialogue:
        first = islice(interaction.messages.allowed_rows(), _LOOKED_AT)
        sent = (m.data for m in first if m.direction == "client")
        named = ""
        with suppress(ContentLimitError):
            named = next(filter(None, map(_model_in, sent)), "")
        in_query = parse_qs(split_url(interaction.request.url).query).get("model", [""])
        return named or in_query[0]
    return _model_in(interaction.request.body)


def _model_in(data: bytes) -> str:
    try:
        body = json.loads(data or b"null")
    except (ValueError, RecursionError):
        return ""
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else ""
