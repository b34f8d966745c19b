import { render } from "preact";
import { CompareApp } from "./compare";
import { unpack } from "./data";
import { LiveApp } from "./live";
import { ViewApp } from "./view";

// Every text of a recording becomes a text node, never markup.
const app = document.getElementById("app")!;
void unpack(document.getElementById("data")!).then((data) => {
  const App = { compare: CompareApp, live: LiveApp, view: ViewApp }[data.kind] ?? ViewApp;
  render(<App data={data} />, app);
  app.hidden = false;
});
