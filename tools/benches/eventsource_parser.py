"""eventsource-parser in Node, the quickest SSE parser elsewhere: its time an event, bytes in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

VERSION = "4.1.3"
NODE_SCRIPT = """
import {createParser} from "eventsource-parser";
import {readFileSync} from "node:fs";
const [path, cut, passes] = process.argv.slice(2);
const body = readFileSync(path), chunks = [];
if (cut === "event") {
  for (let at = 0, end; at < body.length; at = end) {
    end = body.indexOf("\\n\\n", at) + 2;
    chunks.push(body.subarray(at, end));
  }
} else for (let at = 0; at < body.length; at += +cut) chunks.push(body.subarray(at, at + +cut));
const took = [];
for (let pass = 0; pass < +passes; pass++) {
  let n = 0;
  const text = new TextDecoder();
  const parser = createParser({onEvent: (event) => { if (event.event && event.data) n++; }});
  const began = process.hrtime.bigint();
  for (const chunk of chunks) parser.feed(text.decode(chunk, {stream: true}));
  took.push(Number(process.hrtime.bigint() - began) / n);
}
took.sort((a, b) => a - b);
console.log(took[took.length >> 1]);
"""


class Node:
    """eventsource-parser in Node, bytes in; `why_not` says why it can't be measured."""

    def __init__(self, folder: Path, body: bytes) -> None:
        self.folder = folder
        self.why_not = ""
        if not (shutil.which("node") and shutil.which("npm")):
            self.why_not = "node and npm are not both installed"
            return
        (folder / "body").write_bytes(body)
        (folder / "bench.mjs").write_text(NODE_SCRIPT)
        install = [
            "npm",
            "install",
            "--silent",
            "--prefix",
            str(folder),
            f"eventsource-parser@{VERSION}",
        ]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=120)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            self.why_not = f"npm install failed: {error}"

    def ns_an_event(self, cut: str) -> float:
        """The median of seven passes, after which the compiler is warm."""
        command = ["node", "bench.mjs", "body", cut, "7"]
        done = subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True, timeout=120
        )
        return float(done.stdout)
