/** What stands at the head of an interaction, what the checks found, and what went over the wire. */

import type { Body, Header } from "./data";
import type { Recording } from "./recording";
import type { Stage } from "./stage";
import { bytes, clean, duration, grouped, plural } from "./text";
import { Badge, CopyButton, Json, Tile } from "./widgets";

export function Head({ one, checked }: { one: Recording; checked: boolean }) {
  const { data } = one;
  const t = data.timing;
  const status = data.status === null ? "no response" : `${data.status} ${clean(data.reason ?? "")}`.trim();
  const about = [
    one.title === one.address ? "" : `${clean(data.method)} ${clean(data.url)}`,
    data.started && `recorded ${data.started}`,
    data.dialect,
    data.model && clean(data.model),
    data.http,
  ].filter(Boolean);
  const errors = data.findings.filter((finding) => finding.severity === "error").length;
  return (
    <section id="head" aria-label="Interaction">
      <div class="line">
        <h1>
          {one.title === one.address
            ? `${clean(data.method)} ${clean(data.url) || "address unknown"}`
            : clean(one.title)}
        </h1>
        <Badge mood={data.outcome.mood}>
          {clean(data.outcome.word)}
          {data.ending.at !== null && ` at ${duration(data.ending.at)}`}
        </Badge>
        {data.ending.closed && data.ending.closed !== data.outcome.word && (
          <Badge mood="plain">{clean(data.ending.closed)}</Badge>
        )}
        <Badge mood={data.status !== null && data.status >= 400 ? "bad" : "plain"}>{status}</Badge>
        {checked && errors > 0 && <Badge mood="bad">{plural(errors, "error")} found</Badge>}
      </div>
      <div class="under">{about.join(" · ")}</div>
      {data.ending.kind !== "complete" && (
        <div class={`banner ${data.outcome.mood === "warn" ? "warn" : ""}`} role="note">
          {clean(data.ending.says)}
        </div>
      )}
      {data.trouble && (
        <div class="banner" role="note">
          Unreadable: {clean(data.trouble)}
        </div>
      )}
      <div class="tiles">
        <Tile value={duration(t.first_content_us)} label="to the first content" />
        <Tile value={duration(t.ending_us)} label="to the end" />
        <Tile value={one.rate === null ? "–" : one.rate.toFixed(1)} label="tokens a second" />
        <Tile value={data.tokens === null ? "–" : grouped(data.tokens)} label="output tokens" />
        <Tile value={duration(t.longest_gap_us)} label="longest gap" />
        <Tile value={duration(t.median_gap_us)} label="median gap" />
        <Tile value={duration(t.head_us)} label="to the head" />
        <Tile value={duration(t.first_event_us)} label="to the first event" />
        <Tile value={one.n ? grouped(one.n) : "–"} label={one.n === 1 ? "event" : "events"} />
        {data.chunks.cuts_known && (
          <Tile
            value={grouped(data.chunks.sizes.length)}
            label={data.chunks.sizes.length === 1 ? "chunk" : "chunks"}
          />
        )}
        <Tile value={bytes(data.bytes)} label="body" />
      </div>
    </section>
  );
}

export function Findings({ stage, checked }: { stage: Stage; checked: boolean }) {
  const { one } = stage;
  if (!one.data.findings.length && (!checked || one.data.status === null)) return null;
  return (
    <section id="findings" aria-label="Findings of the checks">
      <h2>Checks</h2>
      {!one.data.findings.length && <p class="dim">The checks found nothing wrong.</p>}
      <ul>
        {one.data.findings.map((finding, at) => {
          const known = finding.event !== null && finding.event < one.n;
          return (
            <li key={at}>
              <button type="button" disabled={!known} onClick={() => stage.goTo(finding.event!)}>
                <span class={`sev ${finding.severity}`}>{finding.severity}</span>
                <code>{finding.rule}</code>
                <span>
                  <code>{known ? `#${finding.event} ${clean(one.type(finding.event!))}` : "the stream"}</code>{" "}
                  {clean(finding.message)}
                  {finding.count > 1 && ` (${grouped(finding.count)} times)`}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function Wire({ one }: { one: Recording }) {
  const { data } = one;
  return (
    <section id="wire" aria-label="Request and response">
      <details>
        <summary>Request as it was sent</summary>
        <Headers found={data.request.headers} />
        <BodyView body={data.request.body} />
        {data.masked.length > 0 && (
          <div class="under">
            masked before anything was written:{" "}
            {data.masked.map(([where, kind]) => `${clean(where)} (${kind})`).join(", ")}
          </div>
        )}
      </details>
      {data.response && (
        <details open={data.body !== null}>
          <summary>{data.body ? "Response" : "Response head"}</summary>
          <Headers found={data.response.headers} />
          {data.body && <BodyView body={data.body} />}
        </details>
      )}
    </section>
  );
}

function Headers({ found }: { found: Header[] }) {
  if (!found.length) return null;
  return (
    <table>
      <tbody>
        {found.map(([name, value], at) => (
          <tr key={at}>
            <td>{clean(name)}</td>
            <td>{clean(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function BodyView({ body }: { body: Body | null }) {
  if (!body) return <p class="dim">no body</p>;
  return (
    <div>
      <div class="tools">
        <span class="under">
          {plural(body.bytes, "byte")}
          {body.base64 && ", no text: shown as base64"}
          {body.cut && ", cut here"}
        </span>
        <CopyButton text={() => body.text} label="Copy" />
      </div>
      <Json text={body.text} />
    </div>
  );
}
