/** What stands around every page: its head, the menus, the keys. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { asCurl, asPython, asTest, asTranscript } from "./copy";
import { type Colours, colours, type Picture, png, svg } from "./picture";
import type { Recording } from "./recording";
import { clean } from "./text";
import type { Theme } from "./theme";
import { copyText, say } from "./widgets";

interface TopProps {
  where: string;
  theme: Theme;
  cycle: () => void;
  keys: [keys: string, what: string][];
  children?: ComponentChildren;
}

export function Top({ where, theme, cycle, keys, children }: TopProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <header id="top">
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the recording
      </button>
      <div class="brand">
        <span class="mark" aria-hidden="true" />
        <strong>streamtape</strong>
      </div>
      <div id="where">{clean(where)}</div>
      {children}
      <button id="theme" type="button" title="Light, dark, or as the system has it (t)" onClick={cycle}>
        {theme === "auto" ? "◐" : theme === "dark" ? "☾" : "☀"}
        <span class="sr">Theme: {theme}</span>
      </button>
      <button id="keys" type="button" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        Keys
      </button>
      <dialog id="help" ref={dialog} aria-label="Keys">
        <h2>Keys</h2>
        <dl>
          {keys.map(([key, what]) => (
            <>
              <dt>
                {key.split(" ").map((one) => (
                  <>
                    <kbd>{one}</kbd>{" "}
                  </>
                ))}
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
      <output id="toast" />
    </header>
  );
}

export interface Item {
  id: string;
  name: string;
  act: () => void | Promise<void>;
}

/** A button that opens a list of things to do. */
export function Menu({ id, name, items }: { id: string; name: string; items: Item[] }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);
  const keys = (event: KeyboardEvent) => {
    if (!open) return;
    const entries = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by) entries[(at + by + entries.length) % entries.length]?.focus();
    else if (event.key === "Escape") {
      setOpen(false);
      box.current?.querySelector("button")?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its button and its items have the focus
    <div class="menu" id={id} ref={box} onKeyDown={keys}>
      <button type="button" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        {name} ▾
      </button>
      {open && (
        <div role="menu" aria-label={name}>
          {items.map((item) => (
            <button
              key={item.id}
              type="button"
              role="menuitem"
              data-item={item.id}
              onClick={() => {
                setOpen(false);
                void item.act();
              }}
            >
              {item.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

async function copied(text: string, what: string): Promise<void> {
  say((await copyText(text)) ? `${what} copied` : "The browser did not allow to copy");
}

/** Everything of one recording that can be copied. */
export function copyItems(one: Recording, payload: string | null): Item[] {
  const items: Item[] = [
    { id: "link", name: "Link to this moment", act: () => copied(location.href, "Link") },
    { id: "transcript", name: "Transcript", act: () => copied(asTranscript(one), "Transcript") },
    { id: "curl", name: "Request as curl", act: () => copied(asCurl(one.data), "curl") },
    { id: "python", name: "Request as Python", act: () => copied(asPython(one.data), "Python") },
    { id: "test", name: "Test skeleton", act: () => copied(asTest(one), "Test") },
  ];
  const body = one.data.request.body;
  if (body) items.push({ id: "request", name: "Request body", act: () => copied(body.text, "Request body") });
  if (payload !== null)
    items.push({ id: "payload", name: "Payload of the event", act: () => copied(payload, "Payload") });
  return items;
}

/** Save a picture; it is drawn when it is asked for, in the colours that hold then. */
export function pictureItems(name: string, draw: (c: Colours) => Picture): Item[] {
  return [
    {
      id: "svg",
      name: "Save picture as SVG",
      act: () => {
        const c = colours();
        download(new Blob([svg(draw(c), c.card)], { type: "image/svg+xml" }), `${name}.svg`);
      },
    },
    {
      id: "png",
      name: "Save picture as PNG",
      act: async () => {
        const c = colours();
        const blob = await png(draw(c), c.card);
        if (blob) download(blob, `${name}.png`);
      },
    },
  ];
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
