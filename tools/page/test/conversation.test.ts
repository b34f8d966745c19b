import assert from "node:assert/strict";
import { test } from "node:test";
import { readConversation, repeated, titleOf } from "../src/conversation";
import { body } from "./made";

const read = (value: unknown) => readConversation(body(value))!;

const weather = { city: "Faro" };
const result = '{"celsius":24}';
const schema = { type: "object" };
const described = { name: "weather", description: "The weather." };

// The same talk as each provider has it: a system text, a question, a call, its result.
const REQUESTS: Record<string, unknown> = {
  "Chat Completions": {
    model: "m",
    temperature: 0.2,
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Warm?" }] },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "c1", type: "function", function: { name: "weather", arguments: JSON.stringify(weather) } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: result },
    ],
    tools: [{ type: "function", function: { ...described, parameters: schema } }],
  },
  Responses: {
    model: "m",
    temperature: 0.2,
    instructions: "Be brief.",
    input: [
      { role: "user", content: [{ type: "input_text", text: "Warm?" }] },
      { type: "function_call", call_id: "c1", name: "weather", arguments: JSON.stringify(weather) },
      { type: "function_call_output", call_id: "c1", output: result },
    ],
    tools: [{ type: "function", ...described, parameters: schema }],
  },
  Anthropic: {
    model: "m",
    temperature: 0.2,
    system: [{ type: "text", text: "Be brief." }],
    messages: [
      { role: "user", content: "Warm?" },
      { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "weather", input: weather }] },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "c1", content: [{ type: "text", text: result }] }],
      },
    ],
    tools: [{ ...described, input_schema: schema }],
  },
  Bedrock: {
    system: [{ text: "Be brief." }],
    inferenceConfig: { temperature: 0.2 },
    messages: [
      { role: "user", content: [{ text: "Warm?" }] },
      { role: "assistant", content: [{ toolUse: { toolUseId: "c1", name: "weather", input: weather } }] },
      { role: "user", content: [{ toolResult: { toolUseId: "c1", content: [{ text: result }] } }] },
    ],
    toolConfig: { tools: [{ toolSpec: { ...described, inputSchema: { json: {} } } }] },
  },
  Gemini: {
    systemInstruction: { parts: [{ text: "Be brief." }] },
    generationConfig: { temperature: 0.2 },
    contents: [
      { role: "user", parts: [{ text: "Warm?" }] },
      { role: "model", parts: [{ functionCall: { id: "c1", name: "weather", args: weather } }] },
      {
        role: "user",
        parts: [{ functionResponse: { id: "c1", name: "weather", response: JSON.parse(result) } }],
      },
    ],
    tools: [{ functionDeclarations: [{ ...described, parameters: schema }] }],
  },
};

for (const [provider, request] of Object.entries(REQUESTS)) {
  test(`a request of ${provider} is read as a conversation`, () => {
    const talk = read(request);
    assert.deepEqual(
      talk.messages.map((message) => message.role),
      ["system", "user", "assistant", "tool"],
    );
    const [system, user, assistant, tool] = talk.messages.map((message) => message.pieces[0]!);
    assert.deepEqual(system, { kind: "text", text: "Be brief." });
    assert.deepEqual(user, { kind: "text", text: "Warm?" });
    assert.ok(assistant?.kind === "call" && assistant.name === "weather" && assistant.id === "c1");
    assert.deepEqual(JSON.parse(assistant.arguments), weather);
    assert.ok(tool?.kind === "result" && tool.id === "c1");
    assert.deepEqual(JSON.parse(tool.text), JSON.parse(result));
    assert.deepEqual(
      talk.params.find(([name]) => name === "temperature"),
      ["temperature", "0.2"],
    );
    assert.deepEqual([talk.tools[0]?.name, talk.tools[0]?.description], ["weather", "The weather."]);
    assert.equal(titleOf(talk), `weather → ${result}`);
  });
}

test("a turn is called by what was said last", () => {
  assert.equal(titleOf(read({ input: "Say it." })), "Say it.");
  assert.equal(titleOf(read({ prompt: "Once upon" })), "Once upon");
  assert.equal(titleOf(read({ message: "Hi", chat_history: [{ role: "CHATBOT", message: "Yes?" }] })), "Hi");
  assert.equal(titleOf(null), "");
});

test("what is no conversation is none", () => {
  for (const value of [
    [],
    5,
    { jsonrpc: "2.0", method: "tools/list" },
    { messages: "?" },
    { messages: [null, 3] },
  ]) {
    assert.equal(readConversation(body(value)), null);
  }
  assert.equal(readConversation({ text: "{", bytes: 1, cut: false }), null);
  assert.equal(readConversation(null), null);
});

test("only what a request repeats from the turn before is old", () => {
  const first = read({ messages: [{ role: "user", content: "a" }] });
  const second = read({
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "user", content: "c" },
    ],
  });
  assert.deepEqual([repeated(null, second), repeated(first, second), repeated(second, second)], [0, 1, 2]);
});

test("images are shown from data: alone", () => {
  const links = [
    "data:image/png;base64,AAAA",
    "https://x.test/a.png",
    "data:image/svg+xml;base64,AAAA",
    "javascript:alert(1)",
  ];
  const sources = links.map((url) => {
    const piece = read({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] })
      .messages[0]!.pieces[0]!;
    return piece.kind === "image" ? piece.source : piece;
  });
  assert.deepEqual(sources, ["data:image/png;base64,AAAA", "", "", ""]);
});
