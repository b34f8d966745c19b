"""The lives of the tools that run on the provider's side: search, code, images, MCP, shell.

As with what the model says itself, the joined deltas are the done value, and the finished item is
what `completed` will hold.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib

from streamtape.mock.scripts.stage import ItemPosition, Pairs, Payload, Stage


def _phases(position: ItemPosition, kind: str, *names: str) -> Pairs:
    for name in names:
        yield f"response.{kind}.{name}", position.fields()


def file_search(stage: Stage, query: str, text: str) -> Pairs:
    """A search in files, with one hit."""
    position = stage.position("fs")
    hit = {
        "file_id": stage.new_id("file")[:29], "filename": "tongue_twisters.txt", "score": 0.93,
        "text": text, "attributes": {}, "vector_store_id": stage.new_id("vs")[:35],
    }  # fmt: skip
    opening: Payload = {
        "type": "file_search_call",
        "status": "in_progress",
        "queries": [],
        "results": None,
    }
    phases = _phases(position, "file_search_call", "in_progress", "searching", "completed")
    finished = {"status": "completed", "queries": [query], "results": [hit]}
    return stage.item(position, opening, phases, finished)


def web_search(stage: Stage, query: str) -> Pairs:
    """A search on the web."""
    position = stage.position("ws")
    action = {"type": "search", "query": query}
    opening: Payload = {"type": "web_search_call", "status": "in_progress", "action": action}
    phases = _phases(position, "web_search_call", "in_progress", "searching", "completed")
    return stage.item(position, opening, phases, {"status": "completed"})


def code_interpreter(stage: Stage, code: str, logs: str) -> Pairs:
    """A piece of Python that the provider runs."""
    position = stage.position("ci")

    def between() -> Pairs:
        yield from _phases(position, "code_interpreter_call", "in_progress")
        yield from stage.deltas("response.code_interpreter_call_code", code, **position.fields())
        yield "response.code_interpreter_call_code.done", position.fields(code=code)
        yield from _phases(position, "code_interpreter_call", "interpreting", "completed")

    opening: Payload = {
        "type": "code_interpreter_call", "status": "in_progress", "code": "",
        "container_id": stage.new_id("cntr"), "outputs": None,
    }  # fmt: skip
    outputs = [{"type": "logs", "logs": logs}]
    finished = {"status": "completed", "code": code, "outputs": outputs}
    return stage.item(position, opening, between(), finished)


def image_generation(stage: Stage, n_partial: int = 2) -> Pairs:
    """A picture of one pixel, with partial pictures on the way."""
    position = stage.position("ig")
    looks = {"size": "1024x1024", "quality": "low", "background": "opaque", "output_format": "png"}
    images = [_pixel(60 * n) for n in range(n_partial + 1)]

    def between() -> Pairs:
        yield from _phases(position, "image_generation_call", "in_progress", "generating")
        for index, image in enumerate(images[:-1]):
            fields = position.fields(partial_image_index=index, partial_image_b64=image, **looks)
            yield "response.image_generation_call.partial_image", fields
        yield from _phases(position, "image_generation_call", "completed")

    opening: Payload = {"type": "image_generation_call", "status": "in_progress", "result": None}
    return stage.item(
        position, opening, between(), {"status": "completed", "result": images[-1], **looks}
    )


def _pixel(grey: int) -> str:
    def part(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body = part(b"IDAT", zlib.compress(bytes([0, grey])))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + body + part(b"IEND", b"")).decode()


def mcp_list_tools(stage: Stage, server: str, tool: str, *, fails: bool = False) -> Pairs:
    """The list of what an MCP server offers, or that it can't be had."""
    position = stage.position("mcpl")
    kind = "mcp_list_tools"
    schema = {"type": "object", "properties": {"times": {"type": "integer"}}}
    tools = [{"name": tool, "description": "Says it fast.", "input_schema": schema}]
    opening: Payload = {"type": kind, "server_label": server, "tools": []}
    finished: Payload = {"error": "the server did not answer"} if fails else {"tools": tools}
    phases = _phases(position, kind, "in_progress", "failed" if fails else "completed")
    return stage.item(position, opening, phases, finished)


def mcp_call(
    stage: Stage, server: str, tool: str, arguments: Payload, *, fails: bool = False
) -> Pairs:
    """A call of an MCP server's tool, answered or failed."""
    position = stage.position("mcp")
    text = json.dumps(arguments)

    def between() -> Pairs:
        yield from _phases(position, "mcp_call", "in_progress")
        yield from stage.deltas("response.mcp_call_arguments", text, **position.fields())
        yield "response.mcp_call_arguments.done", position.fields(arguments=text)
        yield from _phases(position, "mcp_call", "failed" if fails else "completed")

    opening: Payload = {
        "type": "mcp_call", "status": "in_progress", "approval_request_id": None, "arguments": "",
        "error": None, "name": tool, "output": None, "server_label": server,
    }  # fmt: skip
    error = {"type": "http_error", "code": 502, "message": "Bad Gateway"}
    end = {"status": "failed", "error": error} if fails else {
        "status": "completed", "output": "double bubble bath",
    }  # fmt: skip
    return stage.item(position, opening, between(), {"arguments": text, **end})


def shell(stage: Stage, command: str, stdout: str) -> Pairs:
    """A shell command in a container, and then what it printed."""
    position = stage.position("sh")
    where = {"output_index": position.output_index, "command_index": 0}
    call_id = stage.new_id("call")[:29]

    def calling() -> Pairs:
        yield "response.shell_call_command.added", {**where, "command": ""}
        yield from stage.deltas("response.shell_call_command", command, **where)
        yield "response.shell_call_command.done", {**where, "command": command}

    action: Payload = {"commands": [], "max_output_length": None, "timeout_ms": None}
    container = {"type": "container_reference", "container_id": stage.new_id("cntr")}
    opening: Payload = {
        "type": "shell_call", "status": "in_progress", "action": action, "call_id": call_id,
        "environment": container,
    }  # fmt: skip
    done = {"status": "completed", "action": {**action, "commands": [command]}}
    yield from stage.item(position, opening, calling(), done)
    yield from _shell_output(stage, call_id, stdout)


def _shell_output(stage: Stage, call_id: str, stdout: str) -> Pairs:
    position = stage.position("sho")
    output = [{"outcome": {"type": "exit", "exit_code": 0}, "stderr": "", "stdout": stdout}]

    def between() -> Pairs:
        for piece in stage.split(stdout, 2):
            fields = position.fields(command_index=0, delta={"stdout": piece})
            yield "response.shell_call_output_content.delta", fields
        done = position.fields(command_index=0, output=output)
        yield "response.shell_call_output_content.done", done

    opening: Payload = {
        "type": "shell_call_output", "status": "completed", "call_id": call_id,
        "max_output_length": None, "output": [],
    }  # fmt: skip
    return stage.item(position, opening, between(), {"output": output})
