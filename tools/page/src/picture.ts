/** Pictures as lists of shapes: painted on a canvas, or written as SVG, from the same list. */

export type Shape =
  | { is: "rect"; x: number; y: number; w: number; h: number; fill: string; alpha?: number; round?: number }
  | {
      is: "path";
      points: number[];
      stroke: string;
      width: number;
      dash?: number[];
      fill?: string;
      base?: number;
    }
  | {
      is: "text";
      x: number;
      y: number;
      text: string;
      fill: string;
      anchor?: "start" | "middle" | "end";
      bold?: boolean;
    }
  | { is: "mark"; x: number; y: number; fill: string };

export interface Picture {
  width: number;
  height: number;
  shapes: Shape[];
}

const FONT = "11px system-ui, sans-serif";
const NAMES = [
  "bg",
  "card",
  "ink",
  "dim",
  "line",
  "soft",
  "accent",
  "accent-soft",
  "text",
  "reasoning",
  "refusal",
  "arguments",
  "code",
  "error",
  "error-soft",
  "warning",
  "warning-soft",
  "good",
  "good-soft",
  "other",
  "wait",
  "side-a",
  "side-b",
] as const;

export type Colours = Record<(typeof NAMES)[number], string>;

/** The colour of a kind of content. */
export const tint = (c: Colours, look: string): string => (c as Record<string, string>)[look] || c.other;

/** The colours of the theme that holds now, by their names in the style sheet. */
export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as Colours;
}

/** Paint a picture over the whole of a canvas. */
export function paint(canvas: HTMLCanvasElement, picture: Picture): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(Math.round(picture.width * ratio), 1);
  canvas.height = Math.max(Math.round(picture.height * ratio), 1);
  const g = canvas.getContext("2d");
  if (!g) return;
  g.scale(ratio, ratio);
  for (const shape of picture.shapes) draw(g, shape);
}

function draw(g: CanvasRenderingContext2D, shape: Shape): void {
  if (shape.is === "rect") {
    g.globalAlpha = shape.alpha ?? 1;
    g.fillStyle = shape.fill;
    if (shape.round) {
      g.beginPath();
      g.roundRect(shape.x, shape.y, shape.w, shape.h, Math.min(shape.round, shape.w / 2));
      g.fill();
    } else {
      g.fillRect(shape.x, shape.y, shape.w, shape.h);
    }
    g.globalAlpha = 1;
  } else if (shape.is === "path") {
    trace(g, shape.points);
    g.strokeStyle = shape.stroke;
    g.lineWidth = shape.width;
    g.setLineDash(shape.dash ?? []);
    g.stroke();
    g.setLineDash([]);
    if (shape.fill) {
      const [first, last] = [shape.points[0]!, shape.points[shape.points.length - 2]!];
      g.lineTo(last, shape.base ?? 0);
      g.lineTo(first, shape.base ?? 0);
      g.closePath();
      g.globalAlpha = 0.14;
      g.fillStyle = shape.fill;
      g.fill();
      g.globalAlpha = 1;
    }
  } else if (shape.is === "mark") {
    trace(g, triangle(shape));
    g.fillStyle = shape.fill;
    g.fill();
  } else {
    g.font = shape.bold ? `600 ${FONT}` : FONT;
    g.textAlign = shape.anchor === "middle" ? "center" : (shape.anchor ?? "start");
    g.fillStyle = shape.fill;
    g.fillText(shape.text, shape.x, shape.y);
  }
}

const triangle = ({ x, y }: { x: number; y: number }) => [x - 4, y + 7, x + 4, y + 7, x, y];

function trace(g: CanvasRenderingContext2D, points: number[]): void {
  g.beginPath();
  for (let i = 0; i < points.length; i += 2) g.lineTo(points[i]!, points[i + 1]!);
}

const ENTITIES: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" };
const escaped = (text: string) => text.replace(/[<>&"]/g, (char) => ENTITIES[char]!);
const short = (n: number) => String(Math.round(n * 100) / 100);

/** The picture as an SVG document. */
export function svg(picture: Picture, ground: string): string {
  const { width, height, shapes } = picture;
  const back = `<rect width="100%" height="100%" fill="${escaped(ground)}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${short(width)} ${short(height)}" width="${short(width)}" height="${short(height)}" font-family="system-ui, sans-serif" font-size="11">${back}${shapes.map(element).join("")}</svg>\n`;
}

function element(shape: Shape): string {
  if (shape.is === "rect") {
    const more = `${shape.alpha === undefined ? "" : ` fill-opacity="${shape.alpha}"`}${shape.round ? ` rx="${shape.round}"` : ""}`;
    return `<rect x="${short(shape.x)}" y="${short(shape.y)}" width="${short(shape.w)}" height="${short(shape.h)}" fill="${escaped(shape.fill)}"${more}/>`;
  }
  if (shape.is === "text") {
    const more = `${shape.anchor ? ` text-anchor="${shape.anchor}"` : ""}${shape.bold ? ' font-weight="600"' : ""}`;
    return `<text x="${short(shape.x)}" y="${short(shape.y)}" fill="${escaped(shape.fill)}"${more}>${escaped(shape.text)}</text>`;
  }
  if (shape.is === "mark")
    return `<polygon points="${triangle(shape).map(short).join(" ")}" fill="${escaped(shape.fill)}"/>`;
  const points = shape.points.map(short).join(" ");
  const dash = shape.dash ? ` stroke-dasharray="${shape.dash.join(" ")}"` : "";
  const line = `<polyline points="${points}" fill="none" stroke="${escaped(shape.stroke)}" stroke-width="${shape.width}"${dash}/>`;
  if (!shape.fill) return line;
  const base = short(shape.base ?? 0);
  const [first, last] = [shape.points[0]!, shape.points[shape.points.length - 2]!].map(short);
  return `<polygon points="${points} ${last} ${base} ${first} ${base}" fill="${escaped(shape.fill)}" fill-opacity="0.14"/>${line}`;
}

/** About how wide a text is drawn. */
export const textWidth = (text: string): number => text.length * 6;

/** The picture as PNG, twice as large as it is shown. */
export function png(picture: Picture, ground: string): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * 2;
  canvas.height = picture.height * 2;
  const g = canvas.getContext("2d")!;
  g.scale(2, 2);
  g.fillStyle = ground;
  g.fillRect(0, 0, picture.width, picture.height);
  for (const shape of picture.shapes) draw(g, shape);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
