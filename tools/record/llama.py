"""The real llama.cpp server on a free port, in a process of its own.

    with llama_server(model) as root:      # "http://127.0.0.1:PORT"
        ...

Needs the package xllamacpp (and gguf with numpy for `tiny_model`). The process itself is
`python -m tools.record.llama MODEL TEMPLATE`.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

READY_S = 300.0
_LISTENING = "listening on "
PIECES = (
    "▁the",
    "▁a",
    "▁stream",
    "▁tape",
    "▁of",
    "▁events",
    "▁and",
    "▁back",
    "é",
    "▁波",
    "🎞",
    "\n",
)


@contextlib.contextmanager
def llama_server(model: Path, *, template: str = "") -> Iterator[str]:
    """Start the server on a model file, wait until it answers, and stop it at the end.

    `template` is a chat template (Jinja) for a file that brings none.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.record.llama", str(model), template],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        with process.stdout as text:
            expected = (line.partition(_LISTENING) for line in text)
            root = next((url.strip() for _, found, url in expected if found), "")
        if not root:
            raise RuntimeError(f"the llama.cpp server ended with {process.wait()}")
        _wait(process, f"{root}/health")
        yield root
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the llama.cpp server ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1) as response:
            if response.status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the llama.cpp server did not answer {url} within {READY_S:g} s")


def tiny_model(path: Path) -> Path:
    """Write a model of random weights (half a megabyte): nonsense, but tokenised and sampled.

    Its text holds multi-byte characters, invalid ones and control characters: good test data.
    """
    import gguf
    import numpy as np

    random = np.random.default_rng(11)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    tokens += [*(chr(code) for code in range(33, 127)), *PIECES]
    special = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds = [*special, *[gguf.TokenType.BYTE] * 256, *[gguf.TokenType.NORMAL] * (len(tokens) - 259)]
    width, inner, layers, heads, count = 64, 128, 2, 4, len(tokens)
    writer = gguf.GGUFWriter(str(path), "llama")
    for name, value in {
        "context_length": 2048, "embedding_length": width, "block_count": layers,
        "feed_forward_length": inner, "head_count": heads, "head_count_kv": heads,
        "layer_norm_rms_eps": 1e-5, "rope_dimension_count": width // heads, "vocab_size": count,
        "file_type": gguf.LlamaFileType.ALL_F32, "tokenizer_model": "llama", "token_list": tokens,
        "token_scores": [-float(i) for i in range(count)], "token_types": kinds,
        "bos_token_id": 1, "eos_token_id": 2, "unk_token_id": 0, "add_bos_token": True,
        "chat_template": "{% for m in messages %}{{ m['content'] }}\n{% endfor %}",
    }.items():  # fmt: skip
        getattr(writer, f"add_{name}")(value)

    def add(name: str, *shape: int) -> None:
        weights = np.ones(shape) if len(shape) == 1 else random.standard_normal(shape) * 0.5
        writer.add_tensor(name, weights.astype(np.float32))

    add("token_embd.weight", count, width)
    add("output_norm.weight", width)
    add("output.weight", count, width)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            add(f"blk.{layer}.{name}.weight", width)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}.weight", width, width)
        for name in ("ffn_gate", "ffn_up"):
            add(f"blk.{layer}.{name}.weight", inner, width)
        add(f"blk.{layer}.ffn_down.weight", width, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _serve(model: str, template: str) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {Path(model).stem}
    if template:
        params.chat_template = template
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # any that is free
    params.n_ctx = 2048
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.warmup = False
    server = xllamacpp.Server(params)
    print(f"{_LISTENING}{server.listening_address}", flush=True)
    time.sleep(3600)


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2])
