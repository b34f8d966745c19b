"""Made-up secrets of every kind, for planting: random, so that no scanner objects to this file."""

import base64
import random
import re
import string
from collections.abc import Callable

from streamtape.secrets.kinds import Kind

B62 = string.ascii_letters + string.digits
WORD = B62 + "_-"
HEX = "0123456789abcdef"
BASE32 = string.ascii_uppercase + "234567"


def of(rng: random.Random, alphabet: str, size: int) -> str:
    """Random characters, a digit and a capital among them where the alphabet has them."""
    text = [rng.choice(alphabet) for _ in range(size)]
    for extra in ("0123456789", string.ascii_uppercase):
        usable = [c for c in extra if c in alphabet]
        for place in rng.sample(range(1, size - 1), min(2, size - 2)) if usable else ():
            text[place] = rng.choice(usable)
    return "".join(text)


_ALPHABETS = {
    "h": HEX, "H": HEX + "ABCDEF", "d": string.digits, "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits, "a": B62, "w": WORD, "b": B62 + "+/",
    "s": B62 + "_.=-",
}  # fmt: skip


def example(kind: Kind, rng: random.Random) -> str:
    """A made-up secret of a kind, by its shape; it ends in a letter or digit.

    Without two slashes in a row: as a path it would be another one, a character shorter.
    """
    text = re.sub(
        r"\{([a-zA-Z])(\d+)!?\}",
        lambda run: of(rng, _ALPHABETS[run[1]], int(run[2])).replace("//", "/7"),
        kind.shape,
    )
    return text[:-1] + "7" if text[-1] in "_.=-+/" else text


def _jwt(rng: random.Random) -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"%d"}' % rng.randrange(10**12))
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, of(rng, WORD, 43)))


def _pem(rng: random.Random, newline: str) -> str:
    lines = [of(rng, B62 + "+/", 64) for _ in range(rng.randrange(3, 30))]
    lines.append(of(rng, B62, rng.choice((8, 20, 44))) + "==")
    kind = rng.choice(("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "))
    return newline.join(
        (f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----")
    )


Maker = Callable[[random.Random], tuple[str, str]]


def whole(make: Callable[[random.Random], str]) -> Maker:
    """A kind whose secret is all of the text."""

    def made(rng: random.Random) -> tuple[str, str]:
        secret = make(rng)
        return secret, secret

    return made


def within(before: str, make: Callable[[random.Random], str], after: str = "") -> Maker:
    """A kind that is known by what stands around it."""

    def made(rng: random.Random) -> tuple[str, str]:
        secret = make(rng)
        return before + secret + after, secret

    return made


# kind -> a maker of (text to plant, the secret in it)
MAKERS: dict[str, Maker] = {
    "openai": whole(lambda r: f"sk-proj-{of(r, WORD, r.choice((40, 156)))}x"),
    "openai-old": whole(lambda r: f"sk-{of(r, B62, 20)}T3BlbkFJ{of(r, B62, 20)}"),
    "openai-service": whole(lambda r: f"sk-svcacct-{of(r, WORD, 60)}x"),
    "openrouter": whole(lambda r: f"sk-or-v1-{of(r, HEX, 64)}"),
    "deepseek": whole(lambda r: f"sk-{of(r, HEX, 32)}"),
    "anthropic": whole(lambda r: f"sk-ant-api03-{of(r, WORD, 93)}AA"),
    "google": whole(lambda r: f"AIza{of(r, B62, 35)}"),
    "google-oauth": whole(lambda r: f"ya29.{of(r, B62, 80)}"),
    "google-client": whole(lambda r: f"GOCSPX-{of(r, B62, 28)}"),
    "aws-id": whole(lambda r: f"AKIA{of(r, BASE32, 16)}"),
    "aws-temporary": whole(lambda r: f"ASIA{of(r, BASE32, 16)}"),
    "aws-secret": within("aws_secret_access_key = ", lambda r: of(r, B62 + "+/", 40)),
    "aws-secret-json": within('\\"SecretAccessKey\\": \\"', lambda r: of(r, B62 + "+", 40), '\\"'),
    "aws-bedrock": whole(lambda r: f"ABSK{of(r, B62, 120)}="),
    "azure-storage": within("AccountKey=", lambda r: of(r, B62 + "+/", 86) + "=="),
    "azure-openai": whole(lambda r: f"{of(r, B62, 52)}JQQJ99{of(r, B62, 26)}"),
    "azure-client": whole(lambda r: f"{of(r, B62, 3)}8Q~{of(r, WORD, 34)}"),
    "azure-storage-key": whole(lambda r: f"{of(r, B62, 76)}+ASt{of(r, B62, 5)}A=="),
    "azure-cosmos": whole(lambda r: f"{of(r, B62, 76)}ACDb{of(r, B62, 5)}Q=="),
    "azure-bus": whole(lambda r: f"{of(r, B62, 33)}+ASbC{of(r, B62, 5)}="),
    "azure-search": whole(lambda r: f"{of(r, B62, 42)}AzSeB{of(r, B62, 5)}"),
    "azure-function": whole(lambda r: f"{of(r, WORD, 43)}xAzFu{of(r, B62, 5)}A=="),
    "azure-refresh": whole(lambda r: f"0.A{of(r, WORD, 60)}.Ag{of(r, WORD, 300)}x"),
    "salesforce": whole(lambda r: f"00D{of(r, B62, 12)}!{of(r, B62, 96)}"),
    "tableau": whole(lambda r: f"{of(r, B62, 22)}==:{of(r, B62, 32)}"),
    "okta": within("Authorization: SSWS ", lambda r: f"00{of(r, WORD, 39)}x"),
    "curl-user": within("curl -u me:", lambda r: of(r, B62, 20)),
    "assigned": within('api_key = \\"', lambda r: of(r, B62, 24), '\\"'),
    "exported": within("\\nexport A_TOKEN=", lambda r: of(r, B62, 24)),
    "yaml": within("\\n  token: ", lambda r: of(r, B62, 24)),
    "azure-sas": within("https://a.blob.example/c?se=2026&sig=", lambda r: of(r, B62, 43) + "%3D"),
    "github": whole(lambda r: f"ghp_{of(r, B62, 36)}"),
    "github-fine": whole(lambda r: f"github_pat_{of(r, B62, 22)}_{of(r, B62, 59)}"),
    "gitlab": whole(lambda r: f"glpat-{of(r, B62, 20)}"),
    "slack": whole(lambda r: f"xoxb-{of(r, '123456789', 12)}-{of(r, B62, 24)}"),
    "slack-hook": within("hooks.slack.com/services/", lambda r: f"T{of(r, B62, 30)}"),
    "stripe": whole(lambda r: f"sk_live_{of(r, B62, 24)}"),
    "stripe-restricted": whole(lambda r: f"rk_test_{of(r, B62, 24)}"),
    "huggingface": whole(lambda r: f"hf_{of(r, B62, 34)}"),
    "groq": whole(lambda r: f"gsk_{of(r, B62, 52)}"),
    "xai": whole(lambda r: f"xai-{of(r, B62, 80)}"),
    "npm": whole(lambda r: f"npm_{of(r, B62, 36)}"),
    "jwt": whole(_jwt),
    "bearer": within("Authorization: Bearer ", lambda r: of(r, WORD + ".", 40) + "x"),
    "basic": within("Basic ", lambda r: base64.b64encode(b"u:" + of(r, B62, 13).encode()).decode()),
    "userinfo": within("postgres://admin:", lambda r: of(r, B62, 16), "@db.example/x"),
    "field": within('{\\"api_key\\":\\"', lambda r: of(r, B62, 20), '\\"}'),
    "parameter": within("https://h.example/v1?alt=sse&key=", lambda r: of(r, B62, 30)),
    "escaped": whole(lambda r: f"\\u0073k\\u002dproj-{of(r, WORD, 40)}x"),
    "percent": whole(lambda r: f"sk%2Dproj%2D{of(r, WORD, 40)}x"),
    "slashes": within("AccountKey=", lambda r: of(r, B62, 43) + "\\/" + of(r, B62, 42) + "=="),
    "within": within('{\\"client_secret\\": {\\"value\\": \\"', lambda r: of(r, B62, 20), '\\"}}'),
    "listed": within('{\\"api_keys\\": [\\"', lambda r: of(r, B62, 20), '\\"]}'),
    "beside": within('[\\"x-api-key\\", \\"', lambda r: of(r, B62, 20), '\\"]'),
    "line": within("X-Api-Key: ", lambda r: of(r, B62, 24)),
    "element": within("<password>", lambda r: of(r, B62, 12), "</password>"),
    "fragment": within("https://h.example/cb#access_token=", lambda r: of(r, B62, 30)),
    "telegram": within("telegram.org/bot1234567890:", lambda r: "AA" + of(r, WORD, 32) + "x"),
    "discord": whole(lambda r: f"MTk4NjIyNDgzNDcxOTI1MjQ4.{of(r, B62, 6)}.{of(r, WORD, 37)}x"),
    "variable": within("export SERVICE_API_KEY=", lambda r: of(r, B62, 32)),
    "organisation": whole(lambda r: f"org-{of(r, B62, 24)}"),
    "project": whole(lambda r: f"proj_{of(r, B62, 24)}"),
}  # fmt: skip
PEM: dict[str, Callable[[random.Random], str]] = {
    "pem-escaped": lambda r: _pem(r, "\\n"),
    "pem": lambda r: _pem(r, "\n"),
}


def pieces(secret: str) -> list[bytes]:
    """What of a secret must not be found: all of its stretches of 12 bytes but the known ends."""
    data = secret.encode()
    return [data[n : n + 12] for n in range(len(data) - 12)]
