"use strict";
// Every text of a recording is set as text (textContent), never as markup.
(async () => {
  const $ = (id) => document.getElementById(id);
  const el = (tag, cls, ...kids) => {
    const one = document.createElement(tag);
    if (cls) one.className = cls;
    one.append(...kids.filter((kid) => kid !== null && kid !== undefined && kid !== ""));
    return one;
  };

  async function unpack() {
    const block = $("data");
    if (block.dataset.packed === "json") return JSON.parse(block.textContent);
    const bytes = Uint8Array.from(atob(block.textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // Text shown, not obeyed: control characters and marks that turn the direction around.
  const UNSAFE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  const clean = (text) => text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\\u" + code.toString(16).padStart(4, "0");
  });
  const grouped = (n) => n.toLocaleString("en-US");
  function duration(us) {
    if (us === null || us === undefined) return "–";
    if (us < 1e3) return `${us} µs`;
    if (us < 1e6) return `${(us / 1e3).toFixed(1)} ms`;
    if (us < 6e7) return `${(us / 1e6).toFixed(3)} s`;
    return `${Math.floor(us / 6e7)} min ${((us % 6e7) / 1e6).toFixed(1)} s`;
  }
  const seconds = (us) => (us === null ? "" : (us / 1e6).toFixed(3));
  const sums = (steps) => {
    if (!steps) return null;
    let sum = 0;
    return steps.map((step) => (sum += step));
  };
  // How many of the rising values are at most x.
  function upTo(values, x) {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] <= x) low = middle + 1; else high = middle;
    }
    return low;
  }

  const LOOKS = ["text", "reasoning", "refusal", "arguments", "code", "error"];
  const look = (channel) => (LOOKS.includes(channel) ? channel : channel ? "code" : "");
  const ENDINGS = {
    complete: ["complete", "good"], error: ["broke off", "bad"], failed: ["failed", "bad"],
    abandoned: ["abandoned", "warn"], unfinished: ["unfinished", "bad"],
  };
  const ending = (one) => ENDINGS[one.status === null && one.ending.kind === "error" ? "failed" : one.ending.kind];
  const STEPS = 2000;

  const data = await unpack();
  const all = data.interactions;
  for (const one of all) {
    const events = one.events;
    one.n = events ? events.data.length : 0;
    one.at = events && sums(events.at);
    one.timed = Boolean(one.at && one.at.length && one.at[one.at.length - 1] > 0);
    one.chunksAt = sums(one.chunks.at);
    const last = one.timed ? one.at[one.n - 1] : one.n;
    one.end = one.timed ? Math.max(last, one.ending.at || 0, 1) : Math.max(one.n, 1);
    // Without times a position is a number of events; with times it is microseconds.
    one.place = (index) => (one.timed ? one.at[index] : index + 1);
    one.found = new Map();
    for (const finding of one.findings) {
      if (finding.event === null) continue;
      if (!one.found.has(finding.event)) one.found.set(finding.event, []);
      one.found.get(finding.event).push(finding);
    }
  }

  let cur = null;      // the interaction that is shown
  let position = 0;    // where playback is, in the interaction's unit
  let playing = false;
  let stamp = 0;
  let parts = [];      // its texts, each with its element

  // --- the interaction's head -------------------------------------------------------------
  function tile(value, label) {
    return value === "–" || value === null ? null : el("div", "tile", el("b", "", value), el("span", "", label));
  }
  function drawHead() {
    const [name, mood] = ending(cur);
    const status = cur.status === null ? "no response" : `${cur.status} ${clean(cur.reason || "")}`.trim();
    const title = el("h1", "", el("span", "method", clean(cur.method)), clean(cur.url) || "address unknown");
    const line = el("div", "line", title,
      el("span", `badge ${cur.status !== null && cur.status < 400 ? "good" : "bad"}`, status),
      el("span", `badge ${mood}`, cur.ending.at === null ? name : `${name} at ${duration(cur.ending.at)}`));
    const about = [cur.started && `recorded ${cur.started}`, cur.dialect, cur.model && clean(cur.model), cur.http]
      .filter(Boolean).join(" · ");
    const t = cur.timing;
    const tiles = el("div", "tiles",
      tile(duration(t.head_us), "to the head"), tile(duration(t.first_event_us), "to the first event"),
      tile(duration(t.first_content_us), "to the first content"), tile(duration(t.ending_us), "to the end"),
      tile(duration(t.median_gap_us), "median gap"), tile(duration(t.longest_gap_us), "longest gap"),
      cur.n ? tile(grouped(cur.n), cur.n === 1 ? "event" : "events") : null,
      tile(grouped(cur.chunks.sizes.length), cur.chunks.cuts_known ? "chunks" : "chunks (cuts not known)"),
      tile(grouped(cur.bytes), "bytes"), cur.tokens ? tile(grouped(cur.tokens), "output tokens") : null);
    const kids = [line, el("div", "under", about)];
    if (cur.ending.kind !== "complete") {
      const banner = el("div", `banner ${mood === "warn" ? "warn" : ""}`, clean(cur.ending.says));
      banner.setAttribute("role", "note");
      kids.push(banner);
    }
    if (cur.trouble) kids.push(el("div", "banner", `Unreadable: ${clean(cur.trouble)}`));
    $("head").replaceChildren(...kids, tiles);
  }

  // --- the texts ----------------------------------------------------------------------------
  function drawParts() {
    parts = cur.parts.map((part) => {
      const grown = el("div", "grown");
      const title = part.name === undefined ? [clean(part.label)] : [`${part.label} `, el("b", "", clean(part.name))];
      const box = el("div", `part ${look(part.kind)}`, el("h3", "", ...title), grown);
      if (part.cut_short) box.append(el("div", "whole", "arguments cut short"));
      const first = part.cuts.length ? part.cuts[0][1] : cur.n - 1;
      return { part, box, grown, first, shown: -1, cuts: part.cuts.map((cut) => cut[1]) };
    });
    const none = cur.body ? "The body is no event stream: see below." : "No text came.";
    $("parts").replaceChildren(...(parts.length ? parts.map((one) => one.box) : [el("p", "dim", none)]));
    $("facts").replaceChildren(...cur.facts.flatMap(([key, value]) => [el("dt", "", key), el("dd", "mono", clean(value))]));
  }
  function growParts(last) {
    let tail = null;
    for (const one of parts) {
      const come = upTo(one.cuts, last);
      const length = come >= one.part.cuts.length ? one.part.text.length : one.part.cuts[come][0];
      const visible = last >= one.first && (come > 0 || !one.cuts.length);
      one.box.hidden = !visible;
      const shown = visible ? length : 0;
      if (shown !== one.shown) {
        one.grown.textContent = clean(one.part.text.slice(0, shown));
        one.shown = shown;
      }
      one.box.classList.remove("growing");
      if (visible && shown < one.part.text.length) tail = one;
    }
    if (tail) {
      tail.box.classList.add("growing");
      if (playing) {
        const box = $("parts"), bottom = tail.box.offsetTop + tail.box.offsetHeight - box.offsetTop;
        if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
      }
    }
  }

  // --- the list of events: only the rows in sight exist ------------------------------------------
  const list = $("list"), rows = $("rows");
  let rowHeight = 31, visible = [], open = new Map(), active = -1, made = new Map();
  function filterEvents() {
    const wanted = $("search").value.toLowerCase(), type = $("type").value;
    visible = [];
    if (cur.events) {
      const { types, data: payloads } = cur.events, kinds = cur.events.type;
      for (let i = 0; i < cur.n; i++) {
        if (type !== "" && kinds[i] !== Number(type)) continue;
        if (wanted && !payloads[i].toLowerCase().includes(wanted) && !types[kinds[i]].toLowerCase().includes(wanted)) continue;
        visible.push(i);
      }
    }
    const some = wanted || type !== "";
    $("count").textContent = some ? `${grouped(visible.length)} of ${grouped(cur.n)}` : grouped(cur.n);
    made.forEach((row) => row.remove());
    made.clear();
    drawRows();
  }
  // Where each open row pushes the rest: a few numbers, whatever the stream's length.
  function topOf(row) {
    let top = row * rowHeight;
    for (const [index, height] of open) {
      const at = visible.indexOf(index);
      if (at >= 0 && at < row) top += height;
    }
    return top;
  }
  function rowAt(top) {
    let low = 0, high = visible.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (topOf(middle + 1) <= top) low = middle + 1; else high = middle;
    }
    return low;
  }
  function drawRows() {
    const high = topOf(visible.length), most = window.innerWidth <= 620 ? window.innerHeight * 0.7 : 560;
    rows.style.height = `${high}px`;
    list.style.height = `${Math.min(Math.max(high + 1, 90), most)}px`;
    const from = Math.max(rowAt(list.scrollTop) - 6, 0);
    const until = Math.min(rowAt(list.scrollTop + list.clientHeight) + 7, visible.length);
    const wanted = new Set(visible.slice(from, until));
    for (const [index, row] of made) if (!wanted.has(index)) { row.remove(); made.delete(index); }
    const last = lastEvent();
    let before = null;
    for (let at = from; at < until; at++) {
      const index = visible[at];
      let row = made.get(index);
      if (!row) { row = makeRow(index); made.set(index, row); }
      // In the order in which they are read, for those who do not see where they stand.
      const next = before ? before.nextSibling : rows.firstChild;
      if (next !== row) rows.insertBefore(row, next);
      before = row;
      row.style.top = `${topOf(at)}px`;
      row.classList.toggle("at", index === last);
      row.classList.toggle("later", index > last);
      row.classList.toggle("active", index === active);
    }
    if (!visible.length) {
      const none = el("div", "row empty", cur.n ? "No event has that." : "There are no events.");
      none.style.borderBottom = "0";
      rows.replaceChildren(none);
      rows.style.height = "80px";
    } else {
      for (const none of rows.querySelectorAll(".empty")) none.remove();
    }
  }
  function makeRow(index) {
    const { types, channels, says } = cur.events;
    const channel = look(channels[cur.events.channel[index]]);
    const gap = cur.timed && index ? cur.at[index] - cur.at[index - 1] : null;
    const long = gap !== null && gap > 1e5 && gap > 5 * (cur.timing.median_gap_us || 0);
    const worst = (cur.found.get(index) || [])[0];
    const name = types[cur.events.type[index]], dot = name.indexOf(".") + 1;
    const type = el("span", "y", el("i", channel), dot ? el("span", "pre", clean(name.slice(0, dot))) : null, clean(name.slice(dot)));
    type.title = name;
    const short = el("div", "short",
      el("span", "n", String(index)), el("span", "t", cur.timed ? seconds(cur.at[index]) : ""),
      el("span", `g ${long ? "long" : ""}`, gap === null ? "" : `+${gap < 1e6 ? (gap / 1e3).toFixed(1) : (gap / 1e3).toFixed(0)}`),
      type, el("span", `s ${channel}`, clean(says[index])),
      worst ? el("span", `sev ${worst.severity}`, worst.severity === "error" ? "● error" : `▲ ${worst.severity}`) : el("span"));
    const row = el("div", "row", short);
    row.setAttribute("role", "listitem");
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-setsize", cur.n);
    short.addEventListener("click", () => { active = index; toggle(index); seek(cur.place(index)); });
    if (open.has(index)) row.append(details(index));
    return row;
  }
  function details(index) {
    const told = (cur.found.get(index) || []).map((finding) =>
      el("li", "", el("span", `sev ${finding.severity}`, finding.severity), ` ${finding.rule}: ${clean(finding.message)}`,
        finding.count > 1 ? el("span", "dim", ` (${grouped(finding.count)} times)`) : null));
    const more = el("div", "more", told.length ? el("ul", "told", ...told) : null,
      json(cur.events.data[index], $("search").value));
    return more;
  }
  function toggle(index, want) {
    const isOpen = open.has(index), row = made.get(index);
    if (want === isOpen) return;
    if (isOpen) {
      open.delete(index);
      if (row) row.querySelector(".more").remove();
    } else {
      open.set(index, 0);
      if (row) { row.append(details(index)); open.set(index, row.querySelector(".more").offsetHeight); }
    }
    drawRows();
  }
  function show(index, centre) {
    const at = visible.indexOf(index);
    if (at < 0) return;
    const top = topOf(at), high = rowHeight + (open.get(index) || 0);
    if (top < list.scrollTop || top + high > list.scrollTop + list.clientHeight) {
      list.scrollTop = centre ? top - list.clientHeight / 3 : top < list.scrollTop ? top : top + Math.min(high, list.clientHeight) - list.clientHeight;
    }
    drawRows();
    if (open.has(index) && open.get(index) === 0) {
      const row = made.get(index);
      if (row) { open.set(index, row.querySelector(".more").offsetHeight); drawRows(); }
    }
  }
  // A JSON text laid out from its own tokens: numbers stay as they were written, however long.
  const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;
  function json(text, wanted) {
    const box = el("pre");
    let value = true;
    try { JSON.parse(text); } catch { value = false; }
    if (!value || text.length > 40000) {
      box.append(...marked(clean(text), wanted));
      return box;
    }
    const tokens = text.match(TOKEN) || [];
    let depth = 0, plain = "";
    const flush = () => { if (plain) { box.append(plain); plain = ""; } };
    const newline = () => { plain += "\n" + "  ".repeat(depth); };
    tokens.forEach((token, at) => {
      const next = tokens[at + 1];
      if (token === "{" || token === "[") {
        plain += token;
        if (next === "}" || next === "]") return;
        depth++; newline();
      } else if (token === "}" || token === "]") {
        const empty = tokens[at - 1] === "{" || tokens[at - 1] === "[";
        if (!empty) { depth--; newline(); }
        plain += token;
      } else if (token === ",") { plain += token; newline();
      } else if (token === ":") { plain += ": ";
      } else {
        flush();
        box.append(el("span", token[0] !== '"' ? "l" : next === ":" ? "k" : "v", ...marked(clean(token), wanted)));
      }
    });
    flush();
    return box;
  }
  function marked(text, wanted) {
    if (!wanted) return [text];
    const found = [], lower = text.toLowerCase(), word = wanted.toLowerCase();
    let from = 0, at;
    while ((at = lower.indexOf(word, from)) >= 0 && found.length < 400) {
      found.push(text.slice(from, at), el("mark", "", text.slice(at, at + word.length)));
      from = at + word.length;
    }
    found.push(text.slice(from));
    return found.filter((piece) => piece !== "");
  }

  // --- the timeline ---------------------------------------------------------------------------
  const canvas = $("timeline");
  let backdrop = null;
  const EDGE = 8;
  function colours() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(["ink", "dim", "line", "soft", "accent", "accent-soft", "text", "reasoning", "refusal", "arguments", "code",
      "error", "error-soft", "warning", "other", "card"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }
  function drawBackdrop() {
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    backdrop = document.createElement("canvas");
    backdrop.width = canvas.width;
    backdrop.height = canvas.height;
    const g = backdrop.getContext("2d"), c = colours(), x = (at) => EDGE + (at / cur.end) * (width - 2 * EDGE);
    g.scale(ratio, ratio);
    g.font = "11px system-ui, sans-serif";
    const axis = height - 16, lane = Math.round(axis * 0.36), low = axis - lane - 4;
    // Waits that a reader notices.
    if (cur.timed) {
      g.fillStyle = c.soft;
      const usual = 5 * (cur.timing.median_gap_us || 0);
      let before = 0;
      for (const at of [...cur.at, cur.end]) {
        if (at - before > Math.max(usual, cur.end / 40)) g.fillRect(x(before), 0, x(at) - x(before), axis);
        before = at;
      }
    }
    // The text growing, all channels together.
    const grown = growth();
    if (grown.length && cur.n) {
      const top = grown[grown.length - 1] || 1;
      g.beginPath();
      g.moveTo(x(cur.place(0)), low);
      let y = low;
      for (let i = 0; i < cur.n; i++) {
        g.lineTo(x(cur.place(i)), y);
        y = low - (grown[i] / top) * (low - 4);
        g.lineTo(x(cur.place(i)), y);
      }
      g.strokeStyle = c.text;
      g.lineWidth = 1.5;
      g.stroke();
      g.lineTo(x(cur.place(cur.n - 1)), low);
      g.closePath();
      g.globalAlpha = 0.12;
      g.fillStyle = c.text;
      g.fill();
      g.globalAlpha = 1;
    }
    // Chunks as they came: the larger, the taller. One bar a pixel is enough.
    const half = Math.floor(lane / 2) - 2;
    if (cur.chunksAt && cur.timed) {
      const most = Math.max(...peaks(cur.chunksAt, cur.chunks.sizes, x).values(), 1);
      g.fillStyle = c.accent;
      g.globalAlpha = 0.55;
      for (const [px, size] of peaks(cur.chunksAt, cur.chunks.sizes, x)) {
        const tall = Math.max(2, Math.sqrt(size / most) * half);
        g.fillRect(px, low + 4 + half - tall, 1.5, tall);
      }
      g.globalAlpha = 1;
    }
    const drawn = new Map();
    for (let i = 0; i < cur.n; i++) {
      const channel = look(cur.events.channels[cur.events.channel[i]]);
      const px = Math.round(x(cur.place(i)));
      if (drawn.get(px) === channel) continue;
      drawn.set(px, channel);
      g.fillStyle = c[channel] || c.other;
      g.fillRect(px - 0.75, axis - half, 1.5, half);
    }
    for (const index of cur.found.keys()) {
      const worst = cur.found.get(index)[0].severity;
      g.fillStyle = worst === "error" ? c.error : c.warning;
      const px = x(cur.place(index));
      g.beginPath(); g.moveTo(px - 4, axis + 6); g.lineTo(px + 4, axis + 6); g.lineTo(px, axis - 1); g.fill();
    }
    if (cur.timed) {
      mark(cur.timing.first_content_us, "first content", c.dim);
      if (cur.ending.kind !== "complete") mark(cur.ending.at, ending(cur)[0], c.error);
    }
    function mark(at, label, colour) {
      if (at === null || at === undefined) return;
      const px = x(at), wide = g.measureText(label).width;
      g.strokeStyle = colour;
      g.lineWidth = 1;
      g.setLineDash([3, 3]);
      g.beginPath(); g.moveTo(px, 0); g.lineTo(px, axis); g.stroke();
      g.setLineDash([]);
      g.fillStyle = colour;
      g.fillText(label, px + 4 + wide > width ? px - wide - 4 : px + 4, 10);
    }
    g.fillStyle = c.line;
    g.fillRect(EDGE, axis, width - 2 * EDGE, 1);
    g.fillStyle = c.dim;
    for (const tick of ticks(cur.end, width / 90)) {
      const label = cur.timed ? (cur.end < 1e6 ? `${tick / 1e3} ms` : `${tick / 1e6} s`) : String(tick);
      const wide = g.measureText(label).width;
      g.fillText(label, Math.min(Math.max(x(tick) - wide / 2, 0), width - wide), height - 3);
    }
    drawHand();
  }
  function peaks(times, sizes, x) {
    const tops = new Map();
    times.forEach((at, i) => {
      const px = Math.round(x(at));
      tops.set(px, (tops.get(px) || 0) + sizes[i]);
    });
    return tops;
  }
  function ticks(end, about) {
    let step = 10 ** Math.floor(Math.log10(end / about));
    for (const times of [1, 2, 5, 10]) if (end / (step * times) <= about) { step *= times; break; }
    step = Math.max(step, 1);
    const found = [];
    for (let at = 0; at <= end; at += step) found.push(Math.round(at));
    return found;
  }
  // How many characters had come by each event.
  function growth() {
    const added = new Float64Array(cur.n);
    for (const part of cur.parts) {
      part.cuts.forEach(([offset, event], at) => {
        const next = at + 1 < part.cuts.length ? part.cuts[at + 1][0] : part.text.length;
        if (event < cur.n) added[event] += next - offset;
      });
    }
    let sum = 0;
    const grown = Array.from(added, (n) => (sum += n));
    return sum ? grown : [];
  }
  function drawHand() {
    if (!backdrop) return;
    const g = canvas.getContext("2d"), c = colours(), ratio = window.devicePixelRatio || 1;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, canvas.width, canvas.height);
    g.drawImage(backdrop, 0, 0);
    g.scale(ratio, ratio);
    const px = EDGE + (Math.min(position, cur.end) / cur.end) * (canvas.clientWidth - 2 * EDGE), axis = canvas.clientHeight - 16;
    g.fillStyle = c.card;
    g.globalAlpha = 0.6;
    g.fillRect(px, 0, canvas.clientWidth - px, axis);
    g.globalAlpha = 1;
    g.fillStyle = c.ink;
    g.fillRect(px - 0.75, 0, 1.5, axis + 3);
  }
  function drawLegend() {
    const kinds = new Set((cur.events ? cur.events.channels : []).map(look));
    const names = { "": "other events", text: "text", reasoning: "reasoning", refusal: "refusal", arguments: "tool arguments", code: "code, audio", error: "error" };
    const entries = [...kinds].map((kind) => el("span", "", el("i", kind), names[kind]));
    if (cur.chunksAt && cur.timed) entries.push(el("span", "", el("i", "chunk"), "chunks, by size"));
    if (!cur.timed && cur.n) entries.push(el("span", "", "this recording knows no times: positions are events"));
    $("legend").replaceChildren(...entries);
  }

  // --- findings, request, response ----------------------------------------------------------------
  function drawFindings() {
    const box = $("findings");
    box.hidden = !cur.findings.length && (!data.checked || cur.status === null);
    const items = cur.findings.map((finding) => {
      const known = finding.event !== null && finding.event < cur.n;
      const where = known ? `#${finding.event} ${clean(cur.events.types[cur.events.type[finding.event]])}` : "the stream";
      const times = finding.count > 1 ? ` (${grouped(finding.count)} times)` : "";
      const button = el("button", "", el("span", `sev ${finding.severity}`, finding.severity), el("code", "", finding.rule),
        el("span", "", el("code", "", where), ` ${clean(finding.message)}${times}`));
      button.type = "button";
      if (!known) button.disabled = true;
      else button.addEventListener("click", () => goTo(finding.event));
      return el("li", "", button);
    });
    box.replaceChildren(el("h2", "", "Checks"), items.length ? el("ul", "", ...items) : el("p", "dim", "The checks found nothing wrong."));
  }
  function headers(found) {
    const table = el("table");
    for (const [name, value] of found) table.append(el("tr", "", el("td", "", clean(name)), el("td", "", clean(value))));
    return found.length ? table : null;
  }
  function body(found) {
    if (!found) return el("p", "dim", "no body");
    const note = `${grouped(found.bytes)} bytes${found.base64 ? ", no text: shown as base64" : ""}${found.cut ? ", cut here" : ""}`;
    return el("div", "", el("div", "under", note), found.base64 ? el("pre", "", found.text) : json(found.text, ""));
  }
  function drawWire() {
    const request = el("details", "", el("summary", "", "Request"), headers(cur.request.headers), body(cur.request.body));
    if (cur.masked.length) {
      request.append(el("div", "under", `masked before anything was written: ${cur.masked.map(([where, kind]) => `${clean(where)} (${kind})`).join(", ")}`));
    }
    const kids = [request];
    if (cur.response) {
      const response = el("details", "", el("summary", "", "Response head"), headers(cur.response.headers));
      if (cur.body) { response.append(body(cur.body)); response.open = true; response.firstChild.textContent = "Response"; }
      kids.push(response);
    }
    $("wire").replaceChildren(...kids);
  }

  // --- playback ---------------------------------------------------------------------------------
  function lastEvent() {
    if (!cur.n) return -1;
    return cur.timed ? upTo(cur.at, position) - 1 : Math.floor(position) - 1;
  }
  function update(follow) {
    const last = lastEvent();
    $("slider").value = Math.round((position / cur.end) * STEPS);
    const clock = cur.timed ? `${seconds(Math.min(position, cur.end))} / ${seconds(cur.end)} s` : `${Math.max(last + 1, 0)} / ${cur.n} events`;
    $("clock").textContent = clock;
    $("slider").setAttribute("aria-valuetext", clock);
    const over = position >= cur.end && cur.ending.kind !== "complete";
    $("now").textContent = over ? clean(cur.ending.says) : last < 0 ? "waiting for the first event" : `#${last} ${clean(cur.events.types[cur.events.type[last]])}`;
    growParts(last);
    if (follow && last >= 0 && visible.includes(last)) show(last, false); else drawRows();
    drawHand();
  }
  function seek(to, follow) {
    position = Math.min(Math.max(to, 0), cur.end);
    update(follow);
  }
  function play(on) {
    if (on && !cur.n) return;
    playing = on;
    $("play").classList.toggle("on", on);
    $("play").setAttribute("aria-label", on ? "Pause" : "Play");
    if (!on) { update(position >= cur.end); return; }
    if (position >= cur.end) position = 0;
    stamp = performance.now();
    requestAnimationFrame(tick);
  }
  function tick(now) {
    if (!playing) return;
    const elapsed = Math.max(now - stamp, 0) * Number($("speed").value);
    stamp = now;
    position += cur.timed ? elapsed * 1000 : elapsed / 50;
    if (position >= cur.end) { position = cur.end; play(false); return; }
    update(true);
    requestAnimationFrame(tick);
  }
  function step(by) {
    play(false);
    const to = Math.min(Math.max(lastEvent() + by, -1), cur.n - 1);
    seek(to < 0 ? 0 : cur.place(to), true);
    // Events of one moment come together: say which one is meant all the same.
    active = to;
    drawRows();
  }
  function goTo(index) {
    play(false);
    if (!visible.includes(index)) { $("search").value = ""; $("type").value = ""; filterEvents(); }
    active = index;
    seek(cur.place(index));
    toggle(index, true);
    show(index, true);
    $("happened").scrollIntoView({ block: "nearest" });
  }
  let nextFinding = 0;
  function choose(number, index) {
    cur = all[number];
    playing = false;
    $("play").classList.remove("on");
    open = new Map();
    active = -1;
    nextFinding = 0;
    list.scrollTop = 0;
    position = cur.end;
    $("slider").max = STEPS;
    $("search").value = "";
    const several = cur.n > 0;
    for (const id of ["player", "happened"]) $(id).hidden = !several;
    $("columns").classList.toggle("alone", !several);
    $("type").replaceChildren(new Option("all types", ""), ...(cur.events ? cur.events.types.map((name, at) => new Option(clean(name), at)) : []));
    for (const button of $("nav").querySelectorAll("button")) {
      if (Number(button.dataset.number) === number) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
    }
    $("where").textContent = clean(cur.file) + (all.length > 1 ? ` · interaction ${cur.number}` : "");
    drawHead(); drawParts(); drawFindings(); drawWire(); drawLegend(); filterEvents();
    if (several) { drawBackdrop(); }
    update(false);
    if (index !== undefined && index < cur.n) goTo(index);
  }
  function drawNav() {
    if (all.length < 2) return;
    const kids = [];
    let file = null;
    all.forEach((one, number) => {
      if (one.file !== file) kids.push(el("h2", "", clean(one.file)));
      file = one.file;
      const [name, mood] = ending(one);
      const path = one.url.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/";
      const worst = one.findings.length ? one.findings[0].severity : null;
      const button = el("button", "", el("span", "file", clean(one.file)), el("span", "path", `${clean(one.method)} ${clean(path)}`),
        el("span", "under", el("span", "", one.status === null ? "no response" : String(one.status)),
          one.n ? el("span", "", `${grouped(one.n)} events`) : null,
          mood === "good" ? null : el("span", `sev ${mood === "warn" ? "warning" : "error"}`, name),
          worst && worst !== "info" ? el("span", `sev ${worst}`, worst === "error" ? "●" : "▲") : null));
      button.type = "button";
      button.dataset.number = number;
      button.addEventListener("click", () => choose(number));
      kids.push(button);
    });
    $("nav").replaceChildren(...kids);
    $("nav").hidden = false;
  }

  // --- hands ----------------------------------------------------------------------------------
  $("play").addEventListener("click", () => play(!playing));
  $("back").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("slider").addEventListener("input", (e) => { play(false); seek((e.target.value / STEPS) * cur.end, true); });
  $("search").addEventListener("input", filterEvents);
  $("type").addEventListener("change", filterEvents);
  $("keys").addEventListener("click", () => $("help").showModal());
  list.addEventListener("scroll", drawRows, { passive: true });
  let drawing = false;
  function point(e) {
    const box = canvas.getBoundingClientRect();
    seek(((e.clientX - box.left - EDGE) / (box.width - 2 * EDGE)) * cur.end, true);
  }
  canvas.addEventListener("pointerdown", (e) => { drawing = true; canvas.setPointerCapture(e.pointerId); play(false); point(e); });
  canvas.addEventListener("pointermove", (e) => { if (drawing) point(e); });
  canvas.addEventListener("pointerup", () => { drawing = false; });
  canvas.addEventListener("pointercancel", () => { drawing = false; });
  list.addEventListener("keydown", (e) => {
    const at = visible.indexOf(active);
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      active = visible[Math.min(Math.max(at + (e.key === "ArrowDown" ? 1 : -1), 0), visible.length - 1)];
      if (active !== undefined) { seek(cur.place(active)); show(active, false); }
    } else if (e.key === "Enter") {
      if (at >= 0) { toggle(active); show(active, false); }
    } else return;
    e.preventDefault();
    e.stopPropagation();
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || $("help").open) return;
    const typing = e.target instanceof Element && e.target.matches("input[type=search], select, textarea");
    if (typing) {
      if (e.key === "Escape" && e.target === $("search")) { $("search").value = ""; filterEvents(); $("search").blur(); }
      return;
    }
    const sliding = e.target === $("slider");
    if (e.key === " " && e.target.tagName !== "BUTTON" && e.target.tagName !== "SUMMARY") play(!playing);
    else if (e.key === "ArrowLeft" && cur.n) step(-1);
    else if (e.key === "ArrowRight" && cur.n) step(1);
    else if (e.key === "Home" && !sliding) { play(false); seek(0, true); }
    else if (e.key === "End" && !sliding) { play(false); seek(cur.end, true); }
    else if (e.key === "/") $("search").focus();
    else if (e.key === "?") $("help").showModal();
    else if (e.key === "f") {
      const places = [...cur.found.keys()].filter((index) => index < cur.n).sort((a, b) => a - b);
      if (!places.length) return;
      goTo(places[nextFinding++ % places.length]);
    } else if (e.key === "[" || e.key === "]") {
      const to = all.indexOf(cur) + (e.key === "]" ? 1 : -1);
      if (all[to]) choose(to);
    } else return;
    e.preventDefault();
  });
  const redraw = () => { if (cur.n) { measureRow(); drawBackdrop(); drawRows(); } };
  new ResizeObserver(redraw).observe(canvas);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  function measureRow() {
    const high = window.matchMedia("(max-width: 620px)").matches ? 37 : 31;
    if (high === rowHeight) return;
    rowHeight = high;
    made.forEach((row) => row.remove());
    made.clear();
  }

  $("app").hidden = false;
  measureRow();
  if (!all.length) {
    $("main").replaceChildren(el("p", "empty", "An empty cassette: no interactions."));
    return;
  }
  drawNav();
  const [, number, index] = /^#(\d+)(?:\/(\d+))?$/.exec(location.hash) || [];
  choose(Math.min(Number(number || 0), all.length - 1), index === undefined ? undefined : Number(index));
})();
