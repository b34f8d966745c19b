import { render } from "preact";
import { CompareApp } from "./compare";
import { unpack } from "./data";
import { ViewApp } from "./view";

// Every text of a recording becomes a text node, never markup.
const app = document.getElementById("app")!;
void unpack(document.getElementById("data")!).then((data) => {
  render(data.kind === "compare" ? <CompareApp data={data} /> : <ViewApp data={data} />, app);
  app.hidden = false;
});
