import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks } from "../src/blocks";
import type { Branch } from "../src/inlines";
import { html, reference } from "./reference";

// What models write, and what goes wrong in readers of Markdown.
const TEXTS = [
  "Two **strong *and* words**, `a ``` b`, snake_case_name, 2*3*4, ***both***, **a*b**, __init__",
  "中文**粗**体, **“quoted”** and *(bracketed)*, **unclosed, *one\nline",
  '[a *link*](http://x.y "title") ![image](<a b>) [no link] [1, 2] [a](b(c)d) [[a](b)](c) ](x)',
  "\\*no\\* \\` &amp; &copy; &#65; &#x42; &nothing &; <b>HTML</b> <http://x.y>",
  "broken  \nlines\\\nand not\nbroken",
  "# One #\n## Two\n####### none\n#none\n\nUnder\n===\nUnder\n---\n***\n- - -",
  "- a\n- b\n  - c\n\n    d\n- e\n+ f\n1. g\n2. h\n10) i\n\n   j\n-\n- k",
  "1. a\n   ```py\n   def f():\n       pass\n   ```\n2. b\n```\nout\n```\n3. c",
  "> quote\nlazy\n> - item\nlazy\n\n> > deep\n> out",
  "text\n| a | b |\n|---|:-:|\n| `x` | y \\| z |\n| 1\n\n| no | table |\n| - |\n\na | b\n--- | ---\nc | d\n# e",
  "```\nnever closed\n\n    # code",
  "~~~ md x\n```\n~~~\n\n`````\n```\n`````",
  "text\n    not code\n\n    not code\n\n1986. A year\n\n12. December\n13. January",
  "-\tTab\n\n\tgoes on\n\n* * *\n* a\n\n  b\n* c",
  "Step:\n1. one\n2. two\n\ntext\n3. three",
];

test("Markdown is read as micromark reads it", () => {
  for (const text of TEXTS) assert.equal(html(blocks(text)), reference(text), text);
});

test("so is what has come of it, however far that is", () => {
  for (const text of TEXTS)
    for (let length = 0; length <= text.length; length++) {
      const part = text.slice(0, length);
      assert.equal(html(blocks(part)), reference(part), part);
    }
});

/** Texts made of what Markdown is made of: the same ones in each run. */
function* made(): Generator<string> {
  let seed = 7;
  const pick = <T>(from: T[]): T => {
    seed = (seed * 48_271) % 2_147_483_647;
    return from[seed % from.length]!;
  };
  const words =
    "a b, **c** *d* _e_ `f` [g](h) ![i](j) \\* & <k> ** * __ _ ` [ ]( ) ! *l **m* n** ***o***".split(" ");
  const gaps = [" ", " ", " ", "", "  \n", "\n"];
  const line = () =>
    Array.from({ length: 1 + (seed % 5) }, () => pick(words) + pick(gaps))
      .join("")
      .trim()
      .replace(/^\*(?=\s|$)/gm, "x") || "x";
  const block = (depth: number): string => {
    const kind = pick(["text", "text", "heading", "list", "numbers", "quote", "code", "table"]);
    const inner = () => (depth > 2 ? line() : `${line()}${pick(["\n\n", "\n"])}${block(depth + 1)}`);
    const under = (mark: string, rest: string) => mark + inner().replace(/\n(?=.)/g, `\n${rest}`);
    if (kind === "heading") return `${pick(["#", "###", "######"])} ${line().replace(/\n/g, " ")}`;
    if (kind === "list") return [under("- ", "  "), under("- ", "  ")].join(pick(["\n", "\n\n"]));
    if (kind === "numbers") return [under("1. ", "   "), under("2. ", "   ")].join(pick(["\n", "\n\n"]));
    if (kind === "quote") return `> ${inner().replace(/\n/g, "\n> ")}`;
    if (kind === "code") return `\`\`\`${pick(["", "py"])}\n${line()}\n\n  ${line()}\n\`\`\``;
    if (kind === "table") return `| ${pick(words)} | ${pick(words)} |\n|---|---|\n| ${pick(words)} | 1 |`;
    return line();
  };
  for (let n = 0; n < 300; n++) yield [block(0), block(0), block(0)].join("\n\n");
}

test("whatever is written, it is read as micromark reads it", () => {
  // Whether paragraphs of items stand apart is compared above: in quotes micromark has it otherwise.
  const bare = (html: string) => html.replace(/\s*<\/?p>\s*/g, "|").replace(/\|+(?=<|$)|(?<=>)\|+/g, "");
  for (const text of made()) assert.equal(bare(html(blocks(text))), bare(reference(text)), text);
});

test("code keeps its lines, and a row the cells that it has", () => {
  const [list] = blocks("1. a\n   ```py\n   if a:\n\n       b\n\t\tc\n   ```") as [Branch];
  assert.deepEqual((list.kids[0] as Branch).kids[1], {
    tag: "pre",
    kids: ["if a:\n\n    b\n \tc"],
    note: "py",
    depth: 1,
  });
  const [table] = blocks("| a | b |\n|---|---|\n| 1 | 2 | more |\n| 1") as [Branch];
  assert.deepEqual(
    table.kids.map((row) => (row as Branch).kids.length),
    [2, 3, 1],
  );
});

test("texts that are made to exhaust a reader do not", () => {
  for (const piece of [
    "*a ",
    "*(",
    "**",
    "_a*",
    "[",
    "![",
    "[a](",
    "`",
    "``a`",
    ">",
    "> - ",
    "- ",
    "|",
    "\\",
    "&",
    "#",
    " ",
  ]) {
    const text = piece.repeat(8_000);
    const lines = `${piece}\n`.repeat(2_000);
    for (const hostile of [text, `# ${text}`, `${text}\n|-|`, `- ${text}`, lines]) {
      const nested = html(blocks(hostile));
      assert.ok(!/(?:<(?:em|strong|a|blockquote|ul|li)>){90}/.test(nested), piece);
    }
  }
});
