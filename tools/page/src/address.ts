/** What is shown, as the page's address has it: `#interaction/event?t=1.2`, `#run`, `#race/3`. */

export interface Place {
  /** The interaction, or the race; null for the overview. */
  number: number | null;
  event: number | null;
  /** Where playback stands: seconds, or events where no times are known. */
  t: number | null;
}

const FORM = /^#?(\d+)?(?:\/(\d+))?(?:\?t=(\d+(?:\.\d+)?))?$/;

export function readPlace(hash: string): Place | null {
  const found = FORM.exec(hash);
  if (!found) return null;
  const [, number, event, t] = found;
  const value = (text: string | undefined) => (text === undefined ? null : Number(text));
  return { number: value(number), event: value(event), t: value(t) };
}

export function writePlace(place: Place): string {
  const event = place.event === null ? "" : `/${place.event}`;
  const t = place.t === null ? "" : `?t=${+place.t.toFixed(4)}`;
  return `#${place.number ?? ""}${event}${t}`;
}

/** Put a place into the address; a new entry of the history where another thing is shown. */
export function putPlace(place: Place, anew: boolean): void {
  const hash = writePlace(place);
  if (hash === location.hash || (hash === "#" && !location.hash)) return;
  try {
    if (anew) history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
  } catch {
    // Inside a frame without an address of its own, and where a browser limits how often: not now.
  }
}
