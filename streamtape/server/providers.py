"""The table of providers: their URLs, and the variables that point clients elsewhere.

A mount is the name under which a provider's API is reached here: `/openai/v1/responses` is
`https://api.openai.com/v1/responses`. Clients are pointed at it by environment variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from streamtape.errors import UsageError


@dataclass(frozen=True, slots=True)
class Provider:
    """One API: its origin, the path that base URLs end with, and the variables clients read.

    An origin may depend on a region, which the first of the variables in `regions` names.
    """

    origin: str
    base_path: str = ""
    variables: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def origin_in(self, environ: Mapping[str, str]) -> str:
        """The origin, in the region that the environment names."""
        if not self.regions:
            return self.origin
        region = next(filter(None, map(environ.get, self.regions)), "")
        if self is PROVIDERS["bedrock"]:
            return self.origin.format(region=region or _AWS_REGION)
        return self.origin.format(region="" if region in {"", "global"} else f"{region}-")


PROVIDERS = {
    "anthropic": Provider(
        "https://api.anthropic.com",
        "",
        ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL"),
        ("ANTHROPIC_API_KEY",),
    ),
    "azure": Provider("", "", ("AZURE_OPENAI_ENDPOINT",), ("AZURE_OPENAI_API_KEY",)),
    "bedrock": Provider(
        "https://bedrock-runtime.{region}.amazonaws.com",
        "",
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "ANTHROPIC_BEDROCK_BASE_URL"),
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_REGION", "AWS_DEFAULT_REGION"),
    ),
    "cerebras": Provider(
        "https://api.cerebras.ai", "", ("CEREBRAS_BASE_URL",), ("CEREBRAS_API_KEY",)
    ),
    "cohere": Provider("https://api.cohere.com", "", ("CO_API_URL",), ("CO_API_KEY",)),
    "deepseek": Provider(
        "https://api.deepseek.com", "", ("DEEPSEEK_API_BASE",), ("DEEPSEEK_API_KEY",)
    ),
    "gemini": Provider(
        "https://generativelanguage.googleapis.com",
        "",
        ("GOOGLE_GEMINI_BASE_URL",),
        ("GEMINI_API_KEY",),
    ),
    "groq": Provider("https://api.groq.com", "", ("GROQ_BASE_URL",), ("GROQ_API_KEY",)),
    "mistral": Provider(
        "https://api.mistral.ai",
        "/v1",
        ("MISTRAL_BASE_URL", "MISTRAL_API_BASE"),
        ("MISTRAL_API_KEY",),
    ),
    "ollama": Provider("http://127.0.0.1:11434", "", ("OLLAMA_HOST",)),
    "openai": Provider(
        "https://api.openai.com",
        "/v1",
        ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        ("OPENAI_API_KEY",),
    ),
    "openrouter": Provider(
        "https://openrouter.ai",
        "/api/v1",
        ("OPENROUTER_BASE_URL", "OPENROUTER_API_BASE"),
        ("OPENROUTER_API_KEY",),
    ),
    "perplexity": Provider(
        "https://api.perplexity.ai", "", ("PERPLEXITY_BASE_URL",), ("PERPLEXITY_API_KEY",)
    ),
    "together": Provider(
        "https://api.together.xyz", "/v1", ("TOGETHER_BASE_URL",), ("TOGETHER_API_KEY",)
    ),
    "vertex": Provider(
        "https://{region}aiplatform.googleapis.com",
        "",
        ("GOOGLE_VERTEX_BASE_URL",),
        regions=("GOOGLE_CLOUD_LOCATION",),
    ),
    "xai": Provider("https://api.x.ai", "/v1", ("XAI_API_BASE",), ("XAI_API_KEY",)),
}
_BASE_PATHS = frozenset(provider.base_path for provider in PROVIDERS.values())
_AWS_REGION = "us-east-1"
NO_KEY = "streamtape-replay"
_LOCAL = "127.0.0.1,localhost"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass(frozen=True, slots=True)
class Mount:
    """A prefix of our paths, and the URL that it maps to; `base_path` is what base URLs add."""

    prefix: str
    target: str
    base_path: str = ""

    def upstream(self, target: str) -> str | None:
        """The upstream's URL for a path and query of ours; None for one elsewhere.

        So it is for a path that climbs above what is mounted, `..` and its escapes. A base path
        that a client adds to a base URL which ends with it is taken once.
        """
        rest = target.removeprefix(self.prefix)
        if not target.startswith(self.prefix) or (rest and rest[0] not in "/?"):
            return None
        if _climbs(rest.partition("?")[0]):
            return None
        for base in _BASE_PATHS if not self.prefix else {self.base_path}:
            if base and rest.startswith(f"{base}{base}/"):
                rest = rest.removeprefix(base)
        return self.target + (rest if rest.startswith("/") else f"/{rest}")


def _climbs(path: str) -> bool:
    """Whether dot segments of a path lead above its beginning (RFC 3986 section 5.2.4)."""
    depth = 0
    for segment in re.split(r"[/\\]", unquote(path).lstrip("/")):
        depth += -1 if segment == ".." else segment not in ("", ".")
        if depth < 0:
            return True
    return False


def mount(
    name: str, upstream: str | None = None, environ: Mapping[str, str] | None = None
) -> Mount:
    """The mount of a provider, at its own place or at another; UsageError for an unknown one."""
    if name not in PROVIDERS:
        raise UsageError(f"unknown provider {name!r}; known: {', '.join(sorted(PROVIDERS))}")
    provider = PROVIDERS[name]
    if not upstream:
        if not provider.origin:
            variables = " or ".join(provider.variables)
            raise UsageError(f"provider {name!r} has no address of its own: set {variables}")
        return Mount(f"/{name}", provider.origin_in(environ or {}), provider.base_path)
    target = checked_url(upstream)
    if provider.base_path and target.endswith(provider.base_path):
        return Mount(f"/{name}", target.removesuffix(provider.base_path), provider.base_path)
    return Mount(f"/{name}", target)


def mounts(environ: Mapping[str, str], names: Iterable[str] | None = None) -> list[Mount]:
    """The mounts of providers (all that have an address), where `environ` says that they are."""
    found = []
    for name in PROVIDERS if names is None else names:
        variables = PROVIDERS[name].variables if name in PROVIDERS else ()
        upstream = next((environ[v] for v in variables if environ.get(v)), None)
        if names is not None or upstream or PROVIDERS[name].origin:
            if upstream and "://" not in upstream:
                upstream = f"http://{upstream}"  # OLLAMA_HOST may be a mere host and port
            found.append(mount(name, upstream, environ))
    return found


def upstream_mounts(upstream: str | Mapping[str, str]) -> list[Mount]:
    """The mounts of upstreams by path, `{"/search": "https://..."}`; one URL is for every path.

    UsageError for what is no path or no URL.
    """
    given = {"": upstream} if isinstance(upstream, str) else upstream
    if not given:
        raise UsageError("upstream={}: give at least one path and its URL")
    found = []
    for path, url in given.items():
        prefix = path.rstrip("/")
        if (prefix and not prefix.startswith("/")) or set(prefix) & set("?# "):
            raise UsageError(f"invalid path for an upstream: {path!r}; expected one like /search")
        found.append(Mount(prefix, checked_url(url)))
    return found


def checked_url(url: str) -> str:
    """A URL of an upstream, without a slash at its end; UsageError if it is not one.

    A WebSocket's (`ws:`, `wss:`) becomes that of its HTTP server, which serves both.
    """
    given = url
    url = re.sub("^ws(?=s?://)", "http", url)
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.query or parts.fragment:
        raise UsageError(f"invalid upstream {given!r}: expected one like https://api.openai.com")
    return url.rstrip("/")


def child_env(origin: str, *, environ: Mapping[str, str], replays: bool) -> dict[str, str]:
    """The variables that point a child's clients at the mounts below `origin`.

    Requests to this machine must not go to a proxy. A replayed child gets keys (and a region) where
    it has none, since SDKs refuse to start without one; and we are its proxy, so that what goes
    past the base URLs comes here, to be answered or refused, and not to the network.
    """
    env: dict[str, str] = {}
    for name, provider in PROVIDERS.items():
        if not provider.origin and not replays and not any(map(environ.get, provider.variables)):
            continue
        for variable in provider.variables:
            env[variable] = f"{origin}/{name}{provider.base_path}"
        if replays:
            missing = (key for key in provider.keys if environ.get(key) in {None, "", NO_KEY})
            env.update(dict.fromkeys(missing, NO_KEY))
    if replays:
        return {**env, **_without_network(origin, environ)}
    for variable in ("NO_PROXY", "no_proxy"):
        there = environ.get(variable)
        env[variable] = f"{there},{_LOCAL}" if there else _LOCAL
    return env


def proxies(url: str) -> dict[str, str]:
    """The variables that make a URL the proxy of a child."""
    env = {name: url for upper in _PROXIES for name in (upper, upper.lower())}
    env["NODE_USE_ENV_PROXY"] = "1"  # Node's fetch heeds the others only with this (from 24 on)
    return env


def names_proxy(environ: Mapping[str, str]) -> bool:
    """Whether an environment names a proxy already."""
    return any(environ.get(name) for upper in _PROXIES for name in (upper, upper.lower()))


def _without_network(origin: str, environ: Mapping[str, str]) -> dict[str, str]:
    env = proxies(origin)
    env |= {"NO_PROXY": _LOCAL, "no_proxy": _LOCAL}
    if not any(map(environ.get, PROVIDERS["bedrock"].regions)):
        env |= dict.fromkeys(PROVIDERS["bedrock"].regions, _AWS_REGION)
    return env
