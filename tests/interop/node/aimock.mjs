// aimock on a free port, with two answers: a text and a tool call. Prints its URL; lives until the
// standard input ends.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, logLevel: "silent", chunkSize: 7 });
mock.onMessage("hello", { content: "Hi there! 🛁 A longer answer, so that it comes in several chunks." });
mock.onMessage("weather", {
  toolCalls: [{ name: "get_weather", arguments: '{"city":"Paris","unit":"celsius"}' }],
});
await mock.start();
console.log(mock.url);
process.stdin.on("end", () => process.exit(0)).resume();
