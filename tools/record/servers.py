"""Writes the table of how servers stream, and what is told of it: `streamtape/dialects/SERVERS.md`.

What each server does is counted in a folder of recorded streams; the reports below the table are of
streams that nobody recorded, each with a test of its shape in `tests/dialects`.

    python tools/record/servers.py FOLDER > streamtape/dialects/SERVERS.md
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.framing.select import framing_of
from streamtape.tape.events import Event
from tests.real import bodies, recording

SERVERS = {
    "openai": "OpenAI", "azure-openai": "Azure OpenAI", "anthropic": "Anthropic",
    "google": "Gemini API", "google-vertex": "Vertex AI", "aws-bedrock": "AWS Bedrock",
    "openrouter": "OpenRouter", "mistral": "Mistral", "groq": "Groq", "deepseek": "DeepSeek",
    "vllm": "vLLM", "llama-cpp": "llama.cpp", "ollama": "Ollama", "lmstudio": "LM Studio",
    "litellm-proxy": "LiteLLM",
}  # fmt: skip
REASONING = ("reasoning", "reasoning_content", "reasoning_details", "thinking", "thought")
REPORTS = (
    ("Ollama, as Chat", "index 0 for all calls", "vercel/ai#14277", "separate calls, by their ids"),
    ("Ollama behind LiteLLM", "index 0 for all calls", "huggingface/smolagents#1958",
     "separate calls"),
    ("NVIDIA Dynamo", "index 0 for all calls", "ai-dynamo/dynamo#4723", "separate calls"),
    ("new-api (Gemini)", "index 0 for all calls", "QuantumNous/new-api#2701", "separate calls"),
    ("LMDeploy, SGLang", "index 0, the id empty or repeated in later pieces",
     "InternLM/lmdeploy#3412", "separate calls, the pieces with the last one"),
    ("SGLang", "no id where the index is above 0", "sgl-project/sglang#7048",
     "separate calls, the second without an id"),
    ("SGLang", "the name empty, not null, in later pieces", "sgl-project/sglang#4700",
     "the name of the first piece"),
    ("vLLM", "no id in streams", "vllm-project/vllm#18412", "calls without an id"),
    ("vLLM", "several whole calls in one chunk", "vllm-project/vllm#53965", "separate calls"),
    ("Poolside", "another id in later pieces of a call", "poolsideai/pool#9",
     "one call, with its first id"),
    ("LiteLLM", "the id repeated in every piece", "run-llama/llama_index#21693",
     "one call, the id once"),
    ("LiteLLM", "another completion id in each chunk", "BerriAI/litellm#1571", "the first id"),
    ("Gemini, as Chat", "no index", "vercel/ai#6663", "calls by their ids, else in order"),
    ("Gemini, as Chat", "no index, empty id, type and pieces", "AstrBotDevs/AstrBot#6661",
     "pieces go on with the last call"),
    ("Gemini, as Chat", "no index, `finish_reason: stop` after calls", "open-webui/computer#224",
     "the calls, and the reason as sent"),
    ("Gemini, elsewhere", "an empty id for each call", "Arize-ai/phoenix#11376",
     "separate calls without an id"),
    ("Local servers, gateways", "no index, calls side by side", "jin-bo/agentao#117",
     "separate calls"),
    ("OpenRouter", "reasoning in `reasoning` and `reasoning_details`", "aixplain/aiXplain#1012",
     "said once"),
    ("llama.cpp, as Responses", "no `output_index`, no `content_index`", "tontinton/maki#514",
     "each text and call once"),
    ("Lemonade", "no `output_index`, no `content_index`", "lemonade-sdk/lemonade#3607",
     "each text and call once"),
    ("vLLM, as Responses", "`content_index` begins at 1", "vllm-project/vllm#45742",
     "each text once"),
    ("LiteLLM, as Responses", "one `output_index` for several items", "BerriAI/litellm#36375",
     "each text and call once"),
    ("Responses shims", "`output_index` 0 throughout", "teabranch/open-responses-server#63",
     "each text and call once"),
    ("Anthropic", "a block index used again", "anthropics/anthropic-sdk-typescript#879",
     "blocks of their own"),
    ("AWS Bedrock", "an exception frame in the stream", "vercel/ai#19034",
     "the error, with its type; not finished"),
    ("AWS Bedrock", "an error as JSON, status 200", "Portkey-AI/gateway#1142",
     "one piece; `check` says that the type is wrong"),
    ("Gemini", "a JSON array that grows", "nyo16/nous#26", "an event an element"),
    ("llama.cpp", "an `error:` field", "ggml-org/llama.cpp#16109",
     "dropped, as readers do; `check` names the field"),
    ("Proxies", "a page under `text/event-stream`", "shuv1337/oc-web#143",
     "one piece; `check` says that the type is wrong"),
)  # fmt: skip


@dataclass
class Seen:
    """What the streams of one server show."""

    n: int = 0
    dialects: Counter[str] = field(default_factory=Counter)
    framings: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    indices: Counter[str] = field(default_factory=Counter)
    reasoning: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    unfinished: int = 0

    def take(self, path: Path) -> None:
        """Count one stream."""
        interaction = recording(path)
        table = dialect_for(interaction)
        events = list(events_of(interaction.frames(), table))
        transcript = transcript_of(events, table)
        self.n += 1
        self.dialects[table.name] += 1
        self.framings[framing_of(interaction)] += 1
        if events:
            self.ends[events[-1].type] += 1
        fields: set[str] = set()
        for event in events:
            _look(event, fields, self.indices)
        self.reasoning.update(fields)
        if transcript.finish_reason:
            self.reasons[transcript.finish_reason] += 1
        self.errors += transcript.error is not None
        self.unfinished += not transcript.finished

    def row(self, title: str) -> str:
        """Its line in the table."""
        cells = (
            title, str(self.n), _few(self.dialects), _few(self.framings), _few(self.ends),
            _few(self.indices), _few(self.reasoning), _few(self.reasons), str(self.errors),
            str(self.unfinished),
        )  # fmt: skip
        return "| " + " | ".join(cells) + " |"


def _look(event: Event, fields: set[str], indices: Counter[str]) -> None:
    """What one event shows of reasoning fields and of the indices of tool calls."""
    payload: Any = event.payload
    choices = payload.get("choices") if isinstance(payload, dict) else None
    for choice in choices if isinstance(choices, list) else ():
        delta = choice.get("delta") if isinstance(choice, dict) else None
        if isinstance(delta, dict):
            fields.update(name for name in REASONING if delta.get(name))
            for call in delta.get("tool_calls") or ():
                indices["none" if call.get("index") is None else "given"] += 1
    if event.type.startswith("response.reasoning"):
        fields.add(event.type.split(".")[1])
    block = payload.get("content_block") if isinstance(payload, dict) else None
    if isinstance(block, dict) and block.get("type") == "thinking":
        fields.add("thinking block")


def _few(counts: Counter[str], most: int = 4) -> str:
    """The commonest, with how many streams each."""
    shown = [f"`{name}` {n}" for name, n in counts.most_common(most) if name]
    more = len(counts) - most
    return ", ".join(shown + ([f"{more} more"] if more > 0 else [])) or "-"


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    seen = {name: Seen() for name in SERVERS}
    for path in bodies(folder):
        server = path.relative_to(folder).parts[0]
        if server in seen:
            seen[server].take(path)
    print("# How servers stream, and what is told of it\n")
    print("Counted by `tools/record/servers.py` in recorded streams: the dialect that reads them,")
    print("how they are framed, the type of their last event, whether the entries of `tool_calls`")
    print("have an index, where reasoning stands, and what the transcripts tell: reasons, errors,")
    print("and how many are not finished.\n")
    print("| Server | Streams | Dialect | Framing | Last event | Call index | Reasoning | "
          "Finish reason | Errors | Unfinished |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, title in SERVERS.items():
        if seen[name].n:
            print(seen[name].row(title))
    print("\n## From public reports\n")
    print("Shapes that were reported and not recorded. Those of calls, indices, reasoning and")
    print("framing are tested in `tests/dialects`, `tests/framing` and `tests/checks`.\n")
    print("| Server | What it sends | Report | What is told |\n|---|---|---|---|")
    for server, sends, report, found in REPORTS:
        repository, _, number = report.partition("#")
        link = f"[{report}](https://github.com/{repository}/issues/{number})"
        print(f"| {server} | {sends} | {link} | {found} |")


if __name__ == "__main__":
    main()
