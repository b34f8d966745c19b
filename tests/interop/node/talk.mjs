// Talks over a WebSocket with one client, and prints what came, each message on a line, then the end.
//
//     node talk.mjs CLIENT URL STEPS
//
// STEPS is JSON: what to send, each with a text that the answer to wait for holds. Then the client
// closes, if the server has not: the last line is the code and the reason that it sees.
const [, , name, url, given] = process.argv;
const steps = JSON.parse(given);

const print = (value) => console.log(JSON.stringify(value));

async function plain(WebSocket) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  let waiting = "";
  const next = () => {
    if (!steps.length) return socket.close(1000, "done");
    const [message, until] = steps.shift();
    waiting = until;
    if (message !== null) socket.send(JSON.stringify(message));
  };
  socket.addEventListener("open", next);
  socket.addEventListener("message", ({ data }) => {
    const text = typeof data === "string" ? data : Buffer.from(data).toString();
    print(text);
    if (text.includes(waiting)) next();
  });
  socket.addEventListener("error", ({ message }) => print({ error: message }));
  socket.addEventListener("close", ({ code, reason }) => print({ code, reason }));
}

const clients = {
  undici: async () => plain((await import("undici")).WebSocket),
  ws: async () => plain((await import("ws")).WebSocket),
  async openai() {
    const { OpenAI } = await import("openai");
    const { ResponsesWS } = await import("openai/resources/responses/ws");
    const client = new OpenAI({ baseURL: url.replace("ws", "http").replace(/\/responses$/, ""), apiKey: "any" });
    const connection = new ResponsesWS(client);
    let waiting = "";
    const next = () => {
      if (!steps.length) return connection.close({ code: 1000, reason: "done" });
      const [message, until] = steps.shift();
      waiting = until;
      connection.send(message);
    };
    connection.socket.on("open", next);
    connection.on("event", (event) => {
      print(JSON.stringify(event));
      if (JSON.stringify(event).includes(waiting)) next();
    });
    connection.on("error", (error) => print({ error: error.message }));
    connection.on("close", (code, reason) => print({ code, reason: `${reason}` }));
  },
};

await clients[name]();
