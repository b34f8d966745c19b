/** A request read as a conversation, whichever provider it was made for. */

import type { Body } from "./data";
import { oneLine } from "./text";

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "image" | "audio" | "file"; source: string; note: string }
  | { kind: "call"; id: string; name: string; arguments: string }
  | { kind: "result"; id: string; name: string; text: string; failed: boolean };

export interface Message {
  role: "system" | "user" | "assistant" | "tool";
  pieces: Piece[];
}

export interface Tool {
  name: string;
  description: string;
  schema: unknown;
}

export interface Conversation {
  messages: Message[];
  tools: Tool[];
  params: [name: string, value: string][];
  /** The id of the response that this one continues (Responses). */
  previous: string;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Dict = { [name: string]: Json };

const isDict = (value: unknown): value is Dict =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const dict = (value: unknown): Dict => (isDict(value) ? value : {});
const list = (value: unknown): Json[] => (Array.isArray(value) ? value : []);
const str = (value: unknown): string => (typeof value === "string" ? value : "");
const written = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

// What of a request is the conversation, and not a parameter.
const TALK = new Set([
  "messages",
  "input",
  "instructions",
  "system",
  "contents",
  "systemInstruction",
  "system_instruction",
  "prompt",
  "tools",
  "toolConfig",
  "model",
  "message",
  "chat_history",
  "preamble",
  "previous_response_id",
  "functions",
]); // prettier-ignore

const ROLES: Record<string, Message["role"]> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  model: "assistant",
  tool: "tool",
  function: "tool",
  chatbot: "assistant",
}; // prettier-ignore

/** The conversation of a request's body; null where it holds none. */
export function readConversation(body: Body | null): Conversation | null {
  if (!body || body.base64 || body.cut) return null;
  let value: unknown;
  try {
    value = JSON.parse(body.text);
  } catch {
    return null;
  }
  if (!isDict(value)) return null;
  const messages = [...systemOf(value), ...messagesOf(value)].filter((one) => one.pieces.length);
  if (!messages.length) return null;
  return {
    messages,
    tools: toolsOf(value),
    params: paramsOf(value),
    previous: str(value.previous_response_id),
  };
}

function systemOf(value: Dict): Message[] {
  const told =
    value.instructions ??
    value.system ??
    value.systemInstruction ??
    value.system_instruction ??
    value.preamble;
  if (told === undefined || told === null) return [];
  const pieces = isDict(told) ? piecesOf(told.parts) : piecesOf(told);
  return [{ role: "system", pieces }];
}

function messagesOf(value: Dict): Message[] {
  if (Array.isArray(value.messages)) return value.messages.flatMap((one) => messageOf(dict(one)));
  if (typeof value.input === "string")
    return [{ role: "user", pieces: [{ kind: "text", text: value.input }] }];
  if (Array.isArray(value.input)) return joined(value.input.flatMap((one) => itemOf(one)));
  if (Array.isArray(value.contents)) return value.contents.flatMap((one) => contentOf(dict(one)));
  if (typeof value.message === "string") {
    const before = list(value.chat_history).flatMap((one) => messageOf(dict(one)));
    return [...before, { role: "user", pieces: [{ kind: "text", text: value.message }] }];
  }
  const prompt = value.prompt;
  if (typeof prompt === "string") return [{ role: "user", pieces: [{ kind: "text", text: prompt }] }];
  return [];
}

const roleOf = (role: unknown): Message["role"] => ROLES[str(role).toLowerCase()] ?? "user";

/** A message of Chat Completions, Anthropic, Bedrock, Cohere or Ollama. */
function messageOf(one: Dict): Message[] {
  const role = roleOf(one.role);
  if (role === "tool") {
    const id = str(one.tool_call_id ?? one.tool_use_id);
    const text = textOf(one.content);
    return [
      { role, pieces: [{ kind: "result", id, name: str(one.name ?? one.tool_name), text, failed: false }] },
    ];
  }
  const pieces: Piece[] = [];
  const reasoning = str(one.reasoning_content ?? one.reasoning ?? one.thinking);
  if (reasoning) pieces.push({ kind: "reasoning", text: reasoning });
  pieces.push(...piecesOf(one.content ?? one.message));
  for (const image of list(one.images)) pieces.push(media("image", str(image), "image/png"));
  for (const call of list(one.tool_calls)) {
    const made = dict(dict(call).function);
    pieces.push({
      kind: "call",
      id: str(dict(call).id),
      name: str(made.name ?? dict(call).name),
      arguments: written(made.arguments ?? dict(call).parameters),
    });
  }
  // Results stand in a user's message where the provider has no role for them.
  const results = pieces.filter((piece) => piece.kind === "result");
  const others = pieces.filter((piece) => piece.kind !== "result");
  const found: Message[] = [];
  if (results.length) found.push({ role: "tool", pieces: results });
  if (others.length) found.push({ role, pieces: others });
  return found;
}

/** An item of a Responses input. */
function itemOf(item: Json): Message[] {
  if (typeof item === "string") return [{ role: "user", pieces: [{ kind: "text", text: item }] }];
  const one = dict(item);
  const type = str(one.type);
  const id = str(one.call_id ?? one.id);
  if (type === "" || type === "message") return messageOf(one);
  if (type === "reasoning") {
    const text = list(one.summary)
      .map((part) => str(dict(part).text))
      .join("\n\n");
    return text ? [{ role: "assistant", pieces: [{ kind: "reasoning", text }] }] : [];
  }
  if (type.endsWith("_call_output") || type === "mcp_approval_response") {
    return [
      {
        role: "tool",
        pieces: [
          { kind: "result", id, name: str(one.name), text: textOf(one.output ?? one.approve), failed: false },
        ],
      },
    ];
  }
  if (type.endsWith("_call")) {
    const name = str(one.name) || type.replace(/_call$/, "");
    return [
      {
        role: "assistant",
        pieces: [
          {
            kind: "call",
            id,
            name,
            arguments: written(one.arguments ?? one.input ?? one.action ?? one.code),
          },
        ],
      },
    ];
  }
  return [];
}

/** A turn of Gemini. */
function contentOf(one: Dict): Message[] {
  const pieces = piecesOf(one.parts);
  const results = pieces.filter((piece) => piece.kind === "result");
  const others = pieces.filter((piece) => piece.kind !== "result");
  return [
    ...(results.length ? [{ role: "tool" as const, pieces: results }] : []),
    ...(others.length ? [{ role: roleOf(one.role ?? "user"), pieces: others }] : []),
  ];
}

/** Neighbouring items of the model are one message: its reasoning, text and calls. */
function joined(messages: Message[]): Message[] {
  const found: Message[] = [];
  for (const one of messages) {
    const before = found[found.length - 1];
    if (before && before.role === one.role && (one.role === "assistant" || one.role === "tool")) {
      before.pieces.push(...one.pieces);
    } else {
      found.push({ role: one.role, pieces: [...one.pieces] });
    }
  }
  return found;
}

function piecesOf(content: Json | undefined): Piece[] {
  if (typeof content === "string") return content ? [{ kind: "text", text: content }] : [];
  return list(content).flatMap((part) =>
    typeof part === "string" ? [{ kind: "text", text: part }] : pieceOf(dict(part)),
  );
}

function pieceOf(part: Dict): Piece[] {
  const type = str(part.type);
  const call = dict(
    part.toolUse ?? part.functionCall ?? (type === "tool_use" || type === "server_tool_use" ? part : null),
  );
  if (call.name !== undefined) {
    const made = call.input ?? call.args ?? {};
    return [
      { kind: "call", id: str(call.id ?? call.toolUseId), name: str(call.name), arguments: written(made) },
    ];
  }
  const given = part.toolResult ?? part.functionResponse ?? (type.endsWith("tool_result") ? part : null);
  if (given) {
    const result = dict(given);
    const id = str(result.tool_use_id ?? result.toolUseId ?? result.id);
    const text = textOf(result.content ?? result.response);
    return [
      {
        kind: "result",
        id,
        name: str(result.name),
        text,
        failed: result.is_error === true || result.status === "error",
      },
    ];
  }
  const shown = mediaOf(part, type);
  if (shown) return [shown];
  const thought = str(part.thinking) || str(dict(dict(part.reasoningContent).reasoningText).text);
  if (thought) return [{ kind: "reasoning", text: thought }];
  const text = str(part.text) || str(part.refusal);
  if (!text) return [];
  return [part.thought === true ? { kind: "reasoning", text } : { kind: "text", text }];
}

function mediaOf(part: Dict, type: string): Piece | null {
  const linked = part.image_url;
  const link = typeof linked === "string" ? linked : str(dict(linked).url);
  if (link) return media("image", link, "");
  const heard = dict(part.input_audio);
  if (heard.data) return media("audio", str(heard.data), `audio/${str(heard.format) || "wav"}`);
  const source = dict(part.source);
  if (type === "image" || type === "document") {
    const kind = type === "image" ? "image" : "file";
    return media(kind, str(source.data) || str(source.url), str(source.media_type));
  }
  const inline = dict(part.inlineData ?? part.inline_data);
  if (inline.data) {
    const mime = str(inline.mimeType ?? inline.mime_type);
    return media(
      mime.startsWith("audio/") ? "audio" : mime.startsWith("image/") ? "image" : "file",
      str(inline.data),
      mime,
    );
  }
  const bedrock = dict(part.image);
  if (bedrock.source)
    return media("image", str(dict(bedrock.source).bytes), `image/${str(bedrock.format) || "png"}`);
  if (type === "input_file" || type === "file")
    return media("file", str(part.file_data), str(part.filename) || "file");
  return null;
}

const SHOWN = /^data:(image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+);base64,[A-Za-z0-9+/=\s]*$/;

/** Something to be looked at or heard; `source` is a `data:` URL, or empty where it can't be shown. */
export function media(kind: "image" | "audio" | "file", source: string, mime: string): Piece {
  if (/^https?:/i.test(source)) return { kind, source: "", note: source };
  const url = source.startsWith("data:") ? source : source ? `data:${mime};base64,${source}` : "";
  const size = Math.floor(((url.length - url.indexOf(",") - 1) * 3) / 4);
  const note = `${/^data:([^;,]*)/.exec(url)?.[1] || mime || kind}, ${size.toLocaleString("en-US")} bytes`;
  return { kind, source: SHOWN.test(url) ? url : "", note };
}

function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content))
    return content === undefined || content === null ? "" : JSON.stringify(content);
  const texts = content.map((part) => {
    const one = dict(part);
    if (typeof part === "string") return part;
    if (one.text !== undefined) return str(one.text);
    return one.json === undefined ? JSON.stringify(part) : JSON.stringify(one.json);
  });
  return texts.join("\n");
}

function toolsOf(value: Dict): Tool[] {
  const given = [...list(value.tools), ...list(value.functions), ...list(dict(value.toolConfig).tools)];
  return given.flatMap((tool) => {
    const one = dict(tool);
    const declared = list(one.functionDeclarations ?? one.function_declarations);
    return (declared.length ? declared : [one.function ?? one.toolSpec ?? one]).map((each) => {
      const made = dict(each);
      const schema = made.parameters ?? made.input_schema ?? made.inputSchema ?? made.parametersJsonSchema;
      return {
        name: str(made.name) || str(made.type) || "tool",
        description: str(made.description),
        schema: schema ?? null,
      };
    });
  });
}

function paramsOf(value: Dict): [string, string][] {
  const flat: [string, string][] = [];
  for (const [name, one] of Object.entries(value)) {
    if (TALK.has(name) || one === null) continue;
    if (isDict(one) && (name === "generationConfig" || name === "inferenceConfig" || name === "options")) {
      for (const [inner, each] of Object.entries(one)) flat.push([inner, oneLine(written(each), 80)]);
    } else {
      flat.push([name, oneLine(written(one), 80)]);
    }
  }
  return flat;
}

/** What a turn is called: the last thing that a person or a tool said. */
export function titleOf(talk: Conversation | null): string {
  if (!talk) return "";
  for (const message of [...talk.messages].reverse()) {
    if (message.role === "assistant") continue;
    const results = message.pieces.filter((piece) => piece.kind === "result");
    if (results.length) {
      const names = results.map((piece) => piece.name || nameOfCall(talk, piece.id) || "tool");
      return `${[...new Set(names)].join(", ")} → ${oneLine(results[0]!.text, 80)}`;
    }
    for (const piece of [...message.pieces].reverse()) {
      if (piece.kind === "text") return oneLine(piece.text, 110);
    }
    const other = message.pieces[0];
    if (other && message.role === "user") return `(${other.kind})`;
  }
  return "";
}

/** The name of the tool that a call's id belongs to. */
export function nameOfCall(talk: Conversation, id: string): string {
  for (const message of talk.messages) {
    for (const piece of message.pieces) if (piece.kind === "call" && piece.id === id && id) return piece.name;
  }
  return "";
}

/** How many messages a request repeats from the turn before it. */
export function repeated(before: Conversation | null, now: Conversation): number {
  if (!before) return 0;
  let n = 0;
  while (n < before.messages.length && n < now.messages.length) {
    if (JSON.stringify(before.messages[n]) !== JSON.stringify(now.messages[n])) break;
    n++;
  }
  return n === now.messages.length && n > 0 ? n - 1 : n;
}
