"""What is tried: a row a client, and the environments that they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["python", "node", "command"]

# Some SDKs exclude each other, so there are several environments. All have streamtape as well.
ENVIRONMENTS = {
    "newest": (
        "openai[aiohttp,realtime]>=3.57", "anthropic[aiohttp,bedrock]", "google-genai", "mistralai",
        "groq",
        "together", "cohere", "ollama", "huggingface-hub", "boto3", "requests", "sseclient-py",
        "urllib3>=2", "aiohttp", "aiohttp-sse-client2", "httpx-sse", "httpx2", "mcp>=2",
        "uvicorn", "websockets",
    ),
    "frameworks": (
        "langchain-openai", "langchain-anthropic", "langchain-google-genai", "openai-agents",
        "pydantic-ai-slim[openai]", "smolagents",
    ),
    # Its urllib3-future takes the place of urllib3.
    "niquests": ("niquests", "requests"),
    "aiobotocore": ("aiobotocore", "boto3"),
    "instructor": ("instructor",),
    "litellm": ("litellm", "dspy", "openai<3"),
    "llama-index": ("llama-index-llms-openai",),
    "openai-2": ("openai[aiohttp]>=2,<3",),
    "openai-1": ("openai==1.109.1",),
    "chromium": ("playwright",),  # and the browser itself, of the system
    "oldest": ("aiohttp==3.10.11", "urllib3==1.26.20", "requests==2.32.3", "sseclient-py==1.8.0"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One client: where it runs, which program drives it, and what has to be known of it.

    `upstream` is `mcp` where the real MCP server is asked. `cuts` says that a stream that is cut
    ends in an exception that can be compared. `options` are those that `record` and `replay` get.
    `remark` goes into the table.
    """

    name: str
    environment: str
    program: str
    kind: Kind = "python"
    upstream: Literal["api", "mcp"] = "api"
    cuts: bool = True
    remark: str = ""
    options: tuple[str, ...] = ()


ROWS = (
    Row("openai 3: chat", "newest", "openai_chat"),
    Row("openai 3: responses", "newest", "openai_responses"),
    Row("openai 3: `responses.stream` helper", "newest", "openai_stream_helper"),
    Row("openai 3: with_streaming_response", "newest", "openai_raw"),
    Row("openai 3: retrieve(starting_after=)", "newest", "openai_background", cuts=False,
        remark="not cut: it leaves its stream itself"),
    Row("openai 3: transcription (multipart)", "newest", "openai_transcription"),
    Row("openai 3: async", "newest", "openai_async"),
    Row("openai 3: DefaultAioHttpClient", "newest", "openai_aiohttp"),
    Row("openai 3: 20 parallel streams", "newest", "openai_parallel"),
    Row("openai 3: responses.connect() (WebSocket)", "newest", "openai_websocket"),
    Row("openai 3: responses.connect(), async", "newest", "openai_websocket_async"),
    Row("openai 3: responses.connect(), reconnecting", "newest", "openai_websocket_reconnecting",
        cuts=False, remark="not cut: it reconnects; its first connection is closed with 1012"),
    Row("openai 2: chat", "openai-2", "openai_chat"),
    Row("openai 2: DefaultAioHttpClient", "openai-2", "openai_aiohttp"),
    Row("openai 1.109: chat", "openai-1", "openai_chat"),
    Row("anthropic: messages", "newest", "anthropic_messages"),
    Row("anthropic: `messages.stream`, async", "newest", "anthropic_helper"),
    Row("anthropic: DefaultAioHttpClient", "newest", "anthropic_aiohttp"),
    Row("anthropic: Bedrock", "newest", "anthropic_bedrock",
        remark="c: no signature is checked here; AWS would refuse the changed host"),
    Row("google-genai: sync", "newest", "genai_sync"),
    Row("google-genai: async (aiohttp)", "newest", "genai_async"),
    Row("google-genai: Live (WebSocket)", "newest", "genai_live",
        remark="the SDK speaks TLS alone; here it is made to speak to http://"),
    Row("mistralai", "newest", "mistral"),
    Row("groq", "newest", "groq"),
    Row("together", "newest", "together"),
    Row("cohere", "newest", "cohere"),
    Row("ollama", "newest", "ollama"),
    Row("ollama: async", "newest", "ollama_async"),
    Row("huggingface_hub: chat", "newest", "huggingface_chat"),
    Row("huggingface_hub: async", "newest", "huggingface_async"),
    Row("boto3: converse_stream", "newest", "boto3_converse",
        remark="c: no signature is checked here; AWS would refuse the changed host"),
    Row("aiobotocore: converse_stream", "aiobotocore", "aiobotocore_converse",
        remark="c: no signature is checked here; AWS would refuse the changed host"),
    Row("requests: iter_lines", "newest", "requests_lines"),
    Row("sseclient-py on requests", "newest", "requests_sseclient"),
    Row("urllib3 2: stream", "newest", "urllib3_stream"),
    Row("urllib", "newest", "urllib_lines"),
    Row("niquests", "niquests", "niquests_lines",
        remark="HTTP of its own (urllib3-future), which no seam sees; errors name it"),
    Row("requests on urllib3-future", "niquests", "requests_lines",
        remark="the same: niquests puts it in the place of urllib3"),
    Row("aiohttp", "newest", "aiohttp_lines"),
    Row("aiohttp: ws_connect", "newest", "aiohttp_websocket"),
    Row("websockets: threads", "newest", "websockets_sync"),
    Row("websockets: asyncio", "newest", "websockets_asyncio"),
    Row("aiohttp-sse-client2", "newest", "aiohttp_sse_client", cuts=False,
        remark="not cut: it reconnects instead"),
    Row("aiohttp 3.10", "oldest", "aiohttp_lines", remark="the oldest release that is served"),
    Row("requests on urllib3 1.26", "oldest", "requests_lines",
        remark="the oldest release that is served"),
    Row("httpx-sse", "newest", "httpx_sse"),
    Row("httpx2.sse", "newest", "httpx2_sse"),
    Row("langchain-openai", "frameworks", "langchain_openai"),
    Row("langchain-anthropic", "frameworks", "langchain_anthropic"),
    Row("langchain-google-genai: sync", "frameworks", "langchain_google"),
    Row("langchain-google-genai: async (aiohttp)", "frameworks", "langchain_google_async"),
    Row("openai-agents", "frameworks", "openai_agents"),
    Row("pydantic-ai", "frameworks", "pydantic_ai"),
    Row("smolagents", "frameworks", "smolagents"),
    Row("instructor", "instructor", "instructor"),
    Row("litellm: sync", "litellm", "litellm_sync"),
    Row("litellm: async (aiohttp)", "litellm", "litellm_async"),
    Row("litellm: aresponses", "litellm", "litellm_responses"),
    Row("litellm: Anthropic, async", "litellm", "litellm_anthropic"),
    Row("dspy", "litellm", "dspy", remark="HTTP of its own on plain sockets, which no seam sees"),
    Row("llama-index", "llama-index", "llama_index"),
    Row("mcp 2: streamable HTTP, with pushes", "newest", "mcp_http", upstream="mcp", cuts=False),
    Row("mcp 2: SSE, with pushes", "newest", "mcp_sse", upstream="mcp", cuts=False),
    Row("Node: openai", "node", "openai", "node"),
    Row("Node: @anthropic-ai/sdk", "node", "anthropic", "node"),
    Row("Node: ai + @ai-sdk/openai", "node", "ai", "node"),
    Row("Node: fetch (undici)", "node", "fetch", "node"),
    Row("Node: http", "node", "http", "node"),
    Row("Node: eventsource", "node", "eventsource", "node", cuts=False,
        remark="not cut: it reconnects instead"),
    Row("Node: WebSocket", "node", "websocket", "node",
        remark="e: cut, it drops the last message at times, without streamtape as well"),
    Row("Node: MCP SDK, streamable HTTP, with pushes", "node", "mcp_http", "node", upstream="mcp",
        cuts=False),
    Row("Node: MCP SDK, SSE, with pushes", "node", "mcp_sse", "node", upstream="mcp", cuts=False),
    Row("Chromium: WebSocket", "chromium", '"$PYTHON" "$FOLDER/chromium.py" "$UPSTREAM"', "command",
        options=("--cors", "*"), remark="of a page from a file: by `--cors *`"),
    Row("curl", "", "curl -sSN --fail -H content-type:application/json -d @$ASK "
        "$UPSTREAM/v1/responses", "command"),
    Row("curl --http2", "", "curl -sSN --http2 --fail -H content-type:application/json -d @$ASK "
        "$UPSTREAM/v1/responses", "command"),
    Row("Java HttpClient", "", "java $FOLDER/Client.java $UPSTREAM/v1/responses", "command",
        cuts=False, remark="offers HTTP/2; not cut: it drops what it has not read by then"),
)  # fmt: skip
