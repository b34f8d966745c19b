"""What the server knows of providers, as a table: where they are, what points clients elsewhere.

A mount is the name under which a provider's API is reached here: `/openai/v1/responses` stands
for `https://api.openai.com/v1/responses`. Clients are pointed at it by environment variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamtape.errors import UsageError


@dataclass(frozen=True, slots=True)
class Provider:
    """One API: its origin, the path that base URLs end with, and the variables clients read."""

    origin: str
    base_path: str = ""
    variables: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


PROVIDERS = {
    "anthropic": Provider(
        "https://api.anthropic.com", "", ("ANTHROPIC_BASE_URL",), ("ANTHROPIC_API_KEY",)
    ),
    "azure": Provider("", "", ("AZURE_OPENAI_ENDPOINT",), ("AZURE_OPENAI_API_KEY",)),
    "cohere": Provider("https://api.cohere.com", "", ("CO_API_URL",), ("CO_API_KEY",)),
    "deepseek": Provider("https://api.deepseek.com"),
    "gemini": Provider(
        "https://generativelanguage.googleapis.com",
        "",
        ("GOOGLE_GEMINI_BASE_URL",),
        ("GEMINI_API_KEY",),
    ),
    "groq": Provider("https://api.groq.com", "", ("GROQ_BASE_URL",), ("GROQ_API_KEY",)),
    "mistral": Provider("https://api.mistral.ai"),
    "ollama": Provider("http://127.0.0.1:11434", "", ("OLLAMA_HOST",)),
    "openai": Provider(
        "https://api.openai.com",
        "/v1",
        ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        ("OPENAI_API_KEY",),
    ),
    "openrouter": Provider("https://openrouter.ai", "/api/v1"),
    "together": Provider(
        "https://api.together.xyz", "/v1", ("TOGETHER_BASE_URL",), ("TOGETHER_API_KEY",)
    ),
    "xai": Provider("https://api.x.ai", "/v1"),
}
_NO_KEY = "streamtape-replay"


@dataclass(frozen=True, slots=True)
class Mount:
    """A prefix of our paths, and the URL that it stands for; `base_path` is what base URLs add."""

    prefix: str
    target: str
    base_path: str = ""

    def upstream(self, target: str) -> str | None:
        """The upstream's URL for a path and query of ours; None for one elsewhere."""
        rest = target.removeprefix(self.prefix)
        if not target.startswith(self.prefix) or (rest and rest[0] not in "/?"):
            return None
        return self.target + (rest if rest.startswith("/") else f"/{rest}")


def mount(name: str, upstream: str | None = None) -> Mount:
    """The mount of a provider, at its own place or at another; UsageError for an unknown one."""
    if name not in PROVIDERS:
        raise UsageError(f"unknown provider {name!r}; known: {', '.join(sorted(PROVIDERS))}")
    provider = PROVIDERS[name]
    if not upstream:
        if not provider.origin:
            variables = " or ".join(provider.variables)
            raise UsageError(f"provider {name!r} has no address of its own: set {variables}")
        return Mount(f"/{name}", provider.origin, provider.base_path)
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
            found.append(mount(name, upstream))
    return found


def upstream_mounts(upstream: str | Mapping[str, str]) -> list[Mount]:
    """The mounts of upstreams by path, `{"/search": "https://..."}`; one URL is for every path.

    UsageError for what is no path or no URL.
    """
    given = {"": upstream} if isinstance(upstream, str) else upstream
    if not given:
        raise UsageError("upstream={}: at least one path and its URL are wanted")
    found = []
    for path, url in given.items():
        prefix = path.rstrip("/")
        if (prefix and not prefix.startswith("/")) or set(prefix) & set("?# "):
            raise UsageError(f"{path!r} is no path for an upstream: one like /search is wanted")
        found.append(Mount(prefix, checked_url(url)))
    return found


def checked_url(url: str) -> str:
    """A URL of an upstream, without a slash at its end; UsageError where it is none."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.query or parts.fragment:
        raise UsageError(f"{url!r} is no upstream: one like https://api.openai.com is wanted")
    return url.rstrip("/")


def child_env(origin: str, *, environ: Mapping[str, str], replays: bool) -> dict[str, str]:
    """The variables that point a child's clients at the mounts below `origin`.

    A replayed child gets keys where it has none, since SDKs refuse to start without one. Requests
    to this machine must not go to a proxy.
    """
    env: dict[str, str] = {}
    for name, provider in PROVIDERS.items():
        if not provider.origin and not replays and not any(map(environ.get, provider.variables)):
            continue
        for variable in provider.variables:
            env[variable] = f"{origin}/{name}{provider.base_path}"
        if replays:
            env.update({key: _NO_KEY for key in provider.keys if not environ.get(key)})
    local = "127.0.0.1,localhost"
    for variable in ("NO_PROXY", "no_proxy"):
        there = environ.get(variable)
        env[variable] = f"{there},{local}" if there else local
    return env
