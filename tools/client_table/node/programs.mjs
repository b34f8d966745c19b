// Reads a stream with one client, from the server that $UPSTREAM names, and prints what it saw.
//
//     node programs.mjs CLIENT
//
// What is printed is a line of JSON: the events as texts and, where the stream failed, the names
// and codes of the errors down to the cause.
import http from "node:http";

const root = process.env.UPSTREAM;
const input = "Say 'double bubble bath' ten times fast.";
const ask = { model: "gpt-4.1", input, stream: true };
const messages = [{ role: "user", content: input }];
const post = { method: "POST", headers: { "content-type": "application/json" } };

const clients = {
  async *openai() {
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: `${root}/v1`, apiKey: "any", maxRetries: 0 });
    for await (const event of await client.responses.create(ask)) yield event.type;
  },
  async *anthropic() {
    const { Anthropic } = await import("@anthropic-ai/sdk");
    const client = new Anthropic({ baseURL: root, apiKey: "any", maxRetries: 0 });
    const body = { model: "m", max_tokens: 9, messages, stream: true };
    for await (const event of await client.messages.create(body)) yield event.type;
  },
  async *ai() {
    const { streamText } = await import("ai");
    const { createOpenAI } = await import("@ai-sdk/openai");
    const openai = createOpenAI({ baseURL: `${root}/v1`, apiKey: "any" });
    const failures = [];
    const stream = streamText({
      model: openai.responses("gpt-4.1"),
      prompt: input,
      maxRetries: 0,
      onError: ({ error }) => failures.push(error),
    });
    for await (const part of stream.fullStream) {
      if (part.type.startsWith("text-")) yield part.type + (part.text ?? "");
    }
    if (failures.length) throw failures[0];
  },
  async *fetch() {
    const answer = await fetch(`${root}/v1/responses`, { ...post, body: JSON.stringify(ask) });
    const decoder = new TextDecoder();
    for await (const piece of answer.body) yield decoder.decode(piece, { stream: true });
  },
  async *http() {
    const answer = await new Promise((resolve, reject) => {
      const request = http.request(`${root}/v1/responses`, post, resolve);
      request.on("error", reject);
      request.end(JSON.stringify(ask));
    });
    for await (const piece of answer) yield piece.toString();
  },
  async *eventsource() {
    const { EventSource } = await import("eventsource");
    const source = new EventSource(`${root}/events`);
    const seen = [];
    await new Promise((resolve) => {
      source.onmessage = (event) => seen.push(`${event.lastEventId} ${event.data}`);
      source.onerror = () => source.readyState === 2 && resolve();
    });
    yield* seen;
  },
  async *websocket() {
    const socket = new WebSocket(`${root.replace("http", "ws")}/v1/responses`);
    const create = JSON.stringify({ type: "response.create", model: "gpt-4.1", input });
    const seen = [];
    let n_left = 2;
    socket.onopen = () => socket.send(create);
    socket.onmessage = ({ data }) => {
      seen.push(data);
      if (!data.includes("response.completed")) return;
      n_left -= 1;
      n_left ? socket.send(create) : socket.close(1000);
    };
    const { code } = await new Promise((resolve) => (socket.onclose = resolve));
    yield* seen;
    if (code !== 1000) throw Object.assign(new Error("closed"), { code });
  },
  async *mcp_http() {
    const { StreamableHTTPClientTransport } = await import(
      "@modelcontextprotocol/sdk/client/streamableHttp.js"
    );
    yield* mcp(new StreamableHTTPClientTransport(new URL(`${root}/mcp`)));
  },
  async *mcp_sse() {
    const { SSEClientTransport } = await import("@modelcontextprotocol/sdk/client/sse.js");
    yield* mcp(new SSEClientTransport(new URL(`${root}/sse`)));
  },
};

async function* mcp(transport) {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { LoggingMessageNotificationSchema, ToolListChangedNotificationSchema } = await import(
    "@modelcontextprotocol/sdk/types.js"
  );
  const seen = [];
  const client = new Client({ name: "table", version: "1" });
  const pushed = new Promise((resolve) => {
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      seen.push("push");
      resolve();
    });
  });
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    seen.push(`log ${params.data}`);
  });
  await client.connect(transport);
  for (const text of ["one", "two"]) {
    const onprogress = ({ progress }) => seen.push(`progress ${progress}`);
    const call = { name: "shout", arguments: { text } };
    const answer = await client.callTool(call, undefined, { onprogress });
    seen.push(answer.content[0].text);
  }
  await client.callTool({ name: "push_later", arguments: {} });
  await pushed;
  await client.close();
  yield* seen.sort();
}

const told = (error) => {
  const found = [];
  for (let one = error; one; one = one.cause) found.push(`${one.name} ${one.code ?? ""}`.trim());
  return found;
};

const events = [];
let errors = [];
try {
  for await (const event of clients[process.argv[2]]()) events.push(event);
} catch (error) {
  errors = told(error);
}
console.log(JSON.stringify({ events, errors }));
process.exit(0);
