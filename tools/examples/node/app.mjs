// Prints what a model streams. Node 20 has all that is needed; the address is OPENAI_BASE_URL.
const base = process.env.OPENAI_BASE_URL ?? "https://api.openai.com/v1";
const response = await fetch(`${base}/responses`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    Authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
  },
  body: JSON.stringify({ model: "gpt-4.1", input: "Hello?", stream: true }),
});
let rest = "";
for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
  const blocks = (rest + chunk).split("\n\n");
  rest = blocks.pop();
  for (const block of blocks) {
    const data = block.split("\n").find((line) => line.startsWith("data: "));
    const event = data ? JSON.parse(data.slice(6)) : {};
    if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
  }
}
process.stdout.write("\n");
