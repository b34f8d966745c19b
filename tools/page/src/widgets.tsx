/** Small pieces that several parts of the page use. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Mood } from "./data";
import { layOut } from "./json";
import type { Query } from "./search";
import { clean } from "./text";

export function Badge({ mood, children }: { mood: Mood | "plain"; children: ComponentChildren }) {
  const sign = mood === "bad" ? "✕ " : mood === "warn" ? "▲ " : mood === "good" ? "✓ " : "";
  return (
    <span class={`badge ${mood}`}>
      {sign && <span aria-hidden="true">{sign}</span>}
      {children}
    </span>
  );
}

export function Tile({ value, label, change }: { value: string; label: string; change?: ComponentChildren }) {
  if (value === "–") return null;
  return (
    <div class="tile">
      <b>{value}</b>
      <span>{label}</span>
      {change}
    </div>
  );
}

/** A text laid out as JSON if it is that. */
export function Json({ text, query }: { text: string; query?: Query | null }) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => ref.current?.replaceChildren(layOut(text, query ?? null)), [text, query]);
  return <div class="laidout" ref={ref} />;
}

/** A picture or a sound of the recording; `source` is a `data:` URL or empty. */
export function Shown({ kind, source, note }: { kind: string; source: string; note: string }) {
  return (
    <figure class="media">
      {source && kind === "image" && <img src={source} alt={`${kind} of the recording`} />}
      {source && kind === "audio" && (
        // biome-ignore lint/a11y/useMediaCaption: what was said stands in the transcript, where one came
        <audio controls src={source} />
      )}
      <figcaption>{clean(`${kind}: ${note}`)}</figcaption>
    </figure>
  );
}

/** Copy a text; whether that could be done. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

let hiding = 0;

export function say(text: string): void {
  const box = document.getElementById("toast");
  if (!box) return;
  box.textContent = text;
  box.classList.add("on");
  window.clearTimeout(hiding); // an earlier text's end is not this one's
  hiding = window.setTimeout(() => box.classList.remove("on"), 1800);
}

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  return (
    <button
      type="button"
      class="small"
      onClick={async (event) => {
        event.stopPropagation();
        say((await copyText(text())) ? "Copied" : "The browser did not allow to copy");
      }}
    >
      {label}
    </button>
  );
}
