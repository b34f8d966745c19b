"""Records the streams of a real `transformers serve`, and holds them against the rules.

    python -m venv live && . live/bin/activate
    pip install torch 'transformers[serving]' -e .      # 1 to 5 GB, by the build of torch
    python tools/record/transformers_live.py [--keep FOLDER]

The model is made here, of random weights (half a megabyte, bytes as tokens), so nothing is fetched
from a hub: it talks nonsense, with broken UTF-8 and control characters, but the stream is the
server's own. Recorded by `streamtape record`, as anyone would. Not part of the tests: too heavy.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamtape

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_S = 120.0
PROMPT = [{"role": "user", "content": "the stream"}]


def tiny_model(folder: Path) -> Path:
    """A Llama of random weights with a token a byte, as `transformers` saves one."""
    import tokenizers
    import torch
    import transformers

    torch.manual_seed(11)
    names = ["<s>", "</s>", "<unk>", *sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {name: number for number, name in enumerate(names)}
    table = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [], unk_token="<unk>"))
    table.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    table.decoder = tokenizers.decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=table, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    config = transformers.LlamaConfig(
        vocab_size=len(names),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=1,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@contextmanager
def serving(model: Path) -> Iterator[str]:
    """The server on a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "transformers"), "serve", str(model)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    root = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_S
        while True:
            with suppress(OSError), urllib.request.urlopen(f"{root}/health", timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("transformers serve does not answer")
            time.sleep(0.2)
        yield root
    finally:
        process.terminate()
        process.wait(20)


def requests(model: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """What is asked: a path and a body for each API."""
    common = {"model": str(model), "stream": True}
    return {
        "responses": ("/v1/responses", {**common, "input": PROMPT, "max_output_tokens": 24}),
        "chat": ("/v1/chat/completions", {**common, "messages": PROMPT, "max_tokens": 24}),
    }


def main() -> None:
    """Make the model, serve it, record it, check it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the recordings there")
    given = parser.parse_args()
    print(f"transformers {version('transformers')}, torch {version('torch')}")
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        model = tiny_model(Path(name) / "tiny")
        with serving(model) as root:
            for api, (path, body) in requests(model).items():
                tape = folder / f"transformers-{api}.tape"
                command = [sys.executable, "-m", "streamtape", "record", "-o", str(tape)]
                subprocess.run(
                    [*command, f"{root}{path}", "-d", json.dumps(body)],
                    check=True,
                    timeout=120,
                    capture_output=True,
                )
                print(f"\n{api}: {len(list(streamtape.load(tape)[0].events()))} events")
                for finding in streamtape.check(tape):
                    print(f"  {finding}")


if __name__ == "__main__":
    main()
