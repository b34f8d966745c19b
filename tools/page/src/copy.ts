/** An interaction as something to paste elsewhere: a command, a program, a test, a transcript. */

import type { Header, InteractionData } from "./data";
import type { Recording } from "./recording";

// What the client's library sets by itself, and what was masked and has to be put in again.
const OWN =
  /^(host|connection|content-length|accept-encoding|user-agent|x-stainless-.*|traceparent|transfer-encoding)$/i;
const SECRET = /^(authorization|x-api-key|api-key|x-goog-api-key|cookie|proxy-authorization)$/i;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const masked = (value: string): boolean => /\*{3,}|redacted|masked|streamtape:/i.test(value);

const VARIABLES: [pattern: RegExp, name: string][] = [
  [/anthropic/i, "ANTHROPIC_API_KEY"],
  [/google|gemini/i, "GEMINI_API_KEY"],
  [/openai/i, "OPENAI_API_KEY"],
];

function variable(data: InteractionData): string {
  const where = `${data.url} ${data.dialect}`;
  return VARIABLES.find(([pattern]) => pattern.test(where))?.[1] ?? "API_KEY";
}

function headersOf(data: InteractionData): Header[] {
  return data.request.headers.filter(([name]) => !OWN.test(name));
}

/** The request for a shell; masked values are taken from the environment. */
export function asCurl(data: InteractionData): string {
  const lines = [`curl -N ${data.method === "POST" ? "" : `-X ${data.method} `}${quoted(data.url)}`];
  for (const [name, value] of headersOf(data)) {
    if (SECRET.test(name) || masked(value)) {
      const scheme = /^(Bearer|Basic) /i.exec(value)?.[0] ?? (/^authorization$/i.test(name) ? "Bearer " : "");
      lines.push(`  -H "${name}: ${scheme}$${variable(data)}"`);
    } else {
      lines.push(`  -H ${quoted(`${name}: ${value}`)}`);
    }
  }
  const body = data.request.body;
  if (body && !body.base64) lines.push(`  --data-raw ${quoted(body.text)}`);
  return `${lines.join(" \\\n")}\n`;
}

/** A JSON value as Python writes it. */
export function python(value: unknown, indent = ""): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string")
    return JSON.stringify(value).replace(
      /[\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16)}`,
    );
  if (typeof value !== "object") return String(value);
  const inner = `${indent}    `;
  const entries = Array.isArray(value)
    ? value.map((one) => `${inner}${python(one, inner)},\n`)
    : Object.entries(value as object).map(
        ([name, one]) => `${inner}${JSON.stringify(name)}: ${python(one, inner)},\n`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return entries.length ? `${open}\n${entries.join("")}${indent}${close}` : `${open}${close}`;
}

const SDKS: [path: RegExp, lines: (args: string) => string][] = [
  [
    /\/responses$/,
    (args) =>
      `from openai import OpenAI\n\nclient = OpenAI()\nstream = client.responses.create(${args})\nfor event in stream:\n    print(event)\n`,
  ],
  [
    /\/chat\/completions$/,
    (args) =>
      `from openai import OpenAI\n\nclient = OpenAI()\nstream = client.chat.completions.create(${args})\nfor chunk in stream:\n    print(chunk)\n`,
  ],
  [
    /\/v1\/messages$/,
    (args) =>
      `from anthropic import Anthropic\n\nclient = Anthropic()\nstream = client.messages.create(${args})\nfor event in stream:\n    print(event)\n`,
  ],
];

/** The request as a Python program: with the provider's library where it is known, else with httpx. */
export function asPython(data: InteractionData): string {
  let value: unknown = null;
  try {
    value = JSON.parse(data.request.body?.text ?? "");
  } catch {
    // No JSON: the text itself is sent.
  }
  const path = data.url.replace(/[?#].*$/, "");
  const sdk = SDKS.find(([pattern]) => pattern.test(path));
  if (sdk && value && typeof value === "object") {
    const args = Object.entries(value).map(([name, one]) => `    ${name}=${python(one, "    ")},\n`);
    return sdk[1](`\n${args.join("")}`);
  }
  return withHttpx(data, value);
}

function withHttpx(data: InteractionData, value: unknown): string {
  const name = variable(data);
  const secret = headersOf(data).some(([header, text]) => SECRET.test(header) || masked(text));
  const headers = headersOf(data)
    .filter(([header]) => !(value && /^content-type$/i.test(header)))
    .map(([header, text]) => {
      if (!SECRET.test(header) && !masked(text))
        return `    ${JSON.stringify(header)}: ${JSON.stringify(text)},\n`;
      const bearer = /^authorization$/i.test(header) ? "Bearer " : "";
      return `    ${JSON.stringify(header)}: f"${bearer}{os.environ['${name}']}",\n`;
    });
  const body = value
    ? `json=${python(value)}`
    : data.request.body
      ? `content=${JSON.stringify(data.request.body.text)}`
      : "";
  const given = [JSON.stringify(data.method), JSON.stringify(data.url), "headers=headers", body].filter(
    Boolean,
  );
  return `${secret ? "import os\n\n" : ""}import httpx\n\nheaders = {\n${headers.join("")}}\nwith httpx.stream(${given.join(", ")}) as response:\n    for line in response.iter_lines():\n        print(line)\n`;
}

/** A test that replays the recording. */
export function asTest(one: Recording): string {
  const { data } = one;
  const name =
    (data.file.split("/").pop() ?? "run.tape")
      .replace(/\.tape$/, "")
      .replace(/\W+/g, "_")
      .replace(/^_|_$/g, "") || "run";
  const program = asPython(data).trimEnd().split("\n");
  const imports = program.filter((line) => /^(from|import) /.test(line));
  const body = program.filter((line) => !/^(from|import) /.test(line));
  while (body[0] === "") body.shift();
  const said = one.parts.find((part) => part.data.kind === "text")?.text ?? "";
  return `import streamtape\n${imports.join("\n")}\n\n\n@streamtape.cassette(${JSON.stringify(data.file)})\ndef test_${name}() -> None:\n${body.map((line) => (line ? `    ${line}` : "")).join("\n")}\n    cassette = streamtape.load(${JSON.stringify(data.file)})\n    transcript = cassette[${data.number}].transcript()\n    assert transcript.text.startswith(${python(said.slice(0, 40))})\n`;
}

/** What was asked and answered, as plain text. */
export function asTranscript(one: Recording): string {
  const lines: string[] = [];
  for (const message of one.conversation?.messages ?? []) {
    for (const piece of message.pieces) {
      if (piece.kind === "call") lines.push(`[${message.role}] calls ${piece.name}(${piece.arguments})`);
      else if (piece.kind === "text" || piece.kind === "reasoning" || piece.kind === "result")
        lines.push(`[${message.role}${piece.kind === "text" ? "" : `, ${piece.kind}`}] ${piece.text}`);
      else lines.push(`[${message.role}] (${piece.kind}: ${piece.note})`);
    }
  }
  for (const part of one.parts) {
    const { kind, name, text } = part.data;
    lines.push(
      name === undefined
        ? `[answer${kind === "text" ? "" : `, ${kind}`}] ${text}`
        : `[answer] calls ${name}(${text})`,
    );
  }
  return `${lines.join("\n\n")}\n`;
}
