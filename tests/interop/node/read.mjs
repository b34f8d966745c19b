// Reads streams with one client, and prints what it saw: a JSON line for each query.
//
//     node read.mjs CLIENT ROOT QUERY...
//
// A line holds the events as text and, where the stream failed, the names and codes of the errors
// down to the cause. Only what a user of the client can see.
import http from "node:http";

const [, , name, root, ...queries] = process.argv;
const ask = { model: "gpt-4.1", input: "Say 'double bubble bath' ten times fast.", stream: true };
const model = (query) => (query ? `gpt-4.1?${query}` : "gpt-4.1");
const post = { method: "POST", headers: { "content-type": "application/json" } };

const clients = {
  async *fetch(query) {
    const body = JSON.stringify(ask);
    const answer = await fetch(`${root}/v1/responses?${query}`, { ...post, body });
    const decoder = new TextDecoder();
    for await (const piece of answer.body) yield decoder.decode(piece, { stream: true });
  },
  async *http(query) {
    const answer = await new Promise((resolve, reject) => {
      const request = http.request(`${root}/v1/responses?${query}`, post, resolve);
      request.on("error", reject);
      request.end(JSON.stringify(ask));
    });
    for await (const piece of answer) yield piece.toString();
  },
  async *openai(query) {
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: `${root}/v1`, apiKey: "any", maxRetries: 0 });
    yield* await client.responses.create({ ...ask, model: model(query) });
  },
  async *"openai-chat"(query) {
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: `${root}/v1`, apiKey: "any", maxRetries: 0 });
    const messages = [{ role: "user", content: "hi" }];
    yield* await client.chat.completions.create({ model: model(query), messages, stream: true });
  },
  async *anthropic(query) {
    const { Anthropic } = await import("@anthropic-ai/sdk");
    const client = new Anthropic({ baseURL: root, apiKey: "any", maxRetries: 0 });
    const messages = [{ role: "user", content: "hi" }];
    const body = { model: model(query), max_tokens: 9, messages, stream: true };
    yield* await client.messages.create(body);
  },
  async *ai(query) {
    const { streamText } = await import("ai");
    const { createOpenAI } = await import("@ai-sdk/openai");
    const openai = createOpenAI({ baseURL: `${root}/v1`, apiKey: "any" });
    const failures = [];
    const stream = streamText({
      model: openai.responses(model(query)),
      prompt: "hi",
      maxRetries: 0,
      onError: ({ error }) => failures.push(error),
    });
    for await (const part of stream.fullStream) {
      if (part.type.startsWith("text-") || part.type === "finish") yield part.type + (part.text ?? "");
    }
    if (failures.length) throw failures[0];
  },
  async *eventsource(query) {
    const { EventSource } = await import("eventsource");
    const source = new EventSource(`${root}/events?${query}`);
    const seen = [];
    let wake = () => {};
    source.onmessage = (event) => { seen.push(`${event.lastEventId} ${event.data}`); wake(); };
    source.onerror = () => { if (source.readyState === 2) { seen.push(null); wake(); } };
    for (;;) {
      while (seen.length) {
        const event = seen.shift();
        if (event === null) return;
        yield event;
      }
      await new Promise((resolve) => { wake = resolve; });
    }
  },
};

const told = (error) => {
  const found = [];
  for (let one = error; one; one = one.cause) found.push(`${one.name} ${one.code ?? ""}`.trim());
  return found;
};

for (const query of queries) {
  const events = [];
  let errors = [];
  try {
    for await (const event of clients[name](query)) {
      events.push(typeof event === "string" ? event : JSON.stringify(event));
    }
  } catch (error) {
    errors = told(error);
  }
  console.log(JSON.stringify({ events, errors }));
}
