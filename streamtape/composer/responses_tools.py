"""The tools that run on the provider's side, in Responses: search, code, images, MCP, shell."""

from __future__ import annotations

import json
from typing import Any

from streamtape.composer.parts import (
    FileSearch,
    ListTools,
    MakeImage,
    MCPCall,
    RunCode,
    RunShell,
    WebSearch,
)
from streamtape.composer.pictures import pixel
from streamtape.composer.responses_items import call_id
from streamtape.composer.responses_output import ItemPosition, Output, event
from streamtape.composer.stage import Frames, Payload


def _phases(position: ItemPosition, kind: str, *names: str) -> Frames:
    for name in names:
        yield event(f"response.{kind}.{name}", position.fields())


def file_search(output: Output, search: FileSearch) -> Frames:
    """A search in files, with one hit."""
    position = output.position("fs")
    hit = {
        "file_id": f"file-{output.stage.letters(22)}", "filename": search.filename, "score": 0.93,
        "text": search.text, "attributes": {}, "vector_store_id": f"vs_{output.stage.hex(32)}",
    }  # fmt: skip
    opening: Payload = {
        "type": "file_search_call", "status": "in_progress", "queries": [], "results": None,
    }  # fmt: skip
    phases = _phases(position, "file_search_call", "in_progress", "searching", "completed")
    finished = {"status": "completed", "queries": [search.query], "results": [hit]}
    return output.item(position, opening, phases, finished)


def web_search(output: Output, search: WebSearch) -> Frames:
    """A search on the web."""
    position = output.position("ws")
    action: Payload = {"type": "search", "query": search.query}
    if search.sources:
        action["sources"] = [{"type": "url", "url": source.url} for source in search.sources]
    opening: Payload = {"type": "web_search_call", "status": "in_progress", "action": action}
    phases = _phases(position, "web_search_call", "in_progress", "searching", "completed")
    return output.item(position, opening, phases, {"status": "completed"})


def code_interpreter(output: Output, run: RunCode) -> Frames:
    """A piece of code that the provider runs."""
    position = output.position("ci")

    def between() -> Frames:
        yield from _phases(position, "code_interpreter_call", "in_progress")
        name = "response.code_interpreter_call_code"
        yield from output.deltas(name, run.code, **position.fields())
        yield event(f"{name}.done", position.fields(code=run.code))
        yield from _phases(position, "code_interpreter_call", "interpreting", "completed")

    opening: Payload = {
        "type": "code_interpreter_call", "status": "in_progress", "code": "",
        "container_id": output.new_id("cntr"), "outputs": None,
    }  # fmt: skip
    outputs = [{"type": "logs", "logs": run.logs}] if run.logs else []
    finished = {"status": "completed", "code": run.code, "outputs": outputs}
    return output.item(position, opening, between(), finished)


def image_generation(output: Output, made: MakeImage) -> Frames:
    """A picture of one pixel, with partial pictures on the way."""
    position = output.position("ig")
    looks = {"size": "1024x1024", "quality": "low", "background": "opaque", "output_format": "png"}
    images = [pixel(255 * n // (made.n_partial + 1)) for n in range(made.n_partial + 1)]

    def between() -> Frames:
        yield from _phases(position, "image_generation_call", "in_progress", "generating")
        for index, image in enumerate(images[:-1]):
            fields = position.fields(partial_image_index=index, partial_image_b64=image, **looks)
            yield event("response.image_generation_call.partial_image", fields)
        yield from _phases(position, "image_generation_call", "completed")

    opening: Payload = {"type": "image_generation_call", "status": "in_progress", "result": None}
    finished = {"status": "completed", "result": images[-1], **looks}
    return output.item(position, opening, between(), finished)


def mcp_list_tools(output: Output, listed: ListTools) -> Frames:
    """The list of what an MCP server offers, or that it can't be had."""
    position = output.position("mcpl")
    kind = "mcp_list_tools"
    schema = {"type": "object", "properties": {}}
    tools = [{"name": name, "description": "", "input_schema": schema} for name in listed.tools]
    opening: Payload = {"type": kind, "server_label": listed.server, "tools": []}
    fails = listed.error is not None
    finished: Payload = {"error": listed.error} if fails else {"tools": tools}
    phases = _phases(position, kind, "in_progress", "failed" if fails else "completed")
    return output.item(position, opening, phases, finished)


def mcp_call(output: Output, call: MCPCall) -> Frames:
    """A call of an MCP server's tool, answered or failed."""
    position = output.position("mcp")
    text = json.dumps(dict(call.arguments), ensure_ascii=False)
    fails = call.error is not None

    def between() -> Frames:
        yield from _phases(position, "mcp_call", "in_progress")
        yield from output.deltas("response.mcp_call_arguments", text, **position.fields())
        yield event("response.mcp_call_arguments.done", position.fields(arguments=text))
        yield from _phases(position, "mcp_call", "failed" if fails else "completed")

    opening: Payload = {
        "type": "mcp_call", "status": "in_progress", "approval_request_id": None, "arguments": "",
        "error": None, "name": call.name, "output": None, "server_label": call.server,
    }  # fmt: skip
    error = {"type": "http_error", "code": 502, "message": call.error}
    end = {"status": "failed", "error": error} if fails else {
        "status": "completed", "output": call.output,
    }  # fmt: skip
    return output.item(position, opening, between(), {"arguments": text, **end})


def shell(output: Output, run: RunShell) -> Frames:
    """A shell command in a container, and then what it printed."""
    position = output.position("sh")
    where: dict[str, Any] = {"output_index": position.output_index, "command_index": 0}
    called = call_id(output)

    def calling() -> Frames:
        yield event("response.shell_call_command.added", {**where, "command": ""})
        yield from output.deltas("response.shell_call_command", run.command, **where)
        yield event("response.shell_call_command.done", {**where, "command": run.command})

    action: Payload = {"commands": [], "max_output_length": None, "timeout_ms": None}
    container = {"type": "container_reference", "container_id": output.new_id("cntr")}
    opening: Payload = {
        "type": "shell_call", "status": "in_progress", "action": action, "call_id": called,
        "environment": container,
    }  # fmt: skip
    done = {"status": "completed", "action": {**action, "commands": [run.command]}}
    yield from output.item(position, opening, calling(), done)
    yield from _shell_output(output, called, run.stdout)


def _shell_output(output: Output, called: str, stdout: str) -> Frames:
    position = output.position("sho")
    outputs = [{"outcome": {"type": "exit", "exit_code": 0}, "stderr": "", "stdout": stdout}]

    def between() -> Frames:
        for piece in output.stage.pieces(stdout):
            fields = position.fields(command_index=0, delta={"stdout": piece})
            yield event("response.shell_call_output_content.delta", fields)
        done = position.fields(command_index=0, output=outputs)
        yield event("response.shell_call_output_content.done", done)

    opening: Payload = {
        "type": "shell_call_output", "status": "completed", "call_id": called,
        "max_output_length": None, "output": [],
    }  # fmt: skip
    return output.item(position, opening, between(), {"output": outputs})
