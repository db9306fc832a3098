import { escapeMarkup } from "./escape-markup.ts";
import { type Point, smooth, thinned } from "./smooth.ts";
import { type Scale, scaleOver, tickText, tightScale } from "./ticks.ts";

/** Numbers over the steps of a run. */
interface Series {
  /** In the legend, where a panel has several. */
  readonly name: string;
  readonly points: readonly Point[];
  /** `cloud`: faint points and a smooth line through them. `dots`: each point, joined. Default `cloud`. */
  readonly look?: "cloud" | "dots";
}

export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

interface Charts {
  readonly title: string;
  /** Under each panel. */
  readonly axis: string;
  readonly panels: readonly Panel[];
  /** Places that all panels mark. */
  readonly marks: readonly { readonly x: number; readonly name: string }[];
}

const [width, height] = [330, 170] as const;
const margin = { left: 58, right: 18, top: 30, bottom: 40 } as const;
const [cellWidth, cellHeight] = [
  margin.left + width + margin.right,
  margin.top + height + margin.bottom,
] as const;
const columns = 2;
const heading = 34;
const colors = ["#2563a8", "#c2571a", "#2e7d4f", "#8a4fa3", "#8a6d1a"] as const;
const grey = "#6b7280";
/** About as wide as letters are in the legend, and in bold titles. */
const [letter, boldLetter] = [6, 7] as const;
/** As many as can be told apart in a panel. */
const mostPoints = 330;

/** Small panels beside one another, over one axis of x, as an SVG image. The same numbers give the same bytes. */
export function lineCharts({ title, axis, panels, marks }: Charts): string {
  const all = panels.flatMap(({ series }) =>
    series.flatMap(({ points }) => points.map(([x]) => x)),
  );
  const across = tightScale(ends(all), 5);
  const rows = Math.ceil(panels.length / columns);
  const size = [columns * cellWidth, heading + rows * cellHeight] as const;
  const cells = panels.map((panel, n) => {
    const left = (n % columns) * cellWidth + margin.left;
    const top = heading + Math.floor(n / columns) * cellHeight + margin.top;
    const content = panelText(panel, { number: n, axis, across, marks });
    return `<g transform="translate(${left},${top})">\n${content}\n</g>`;
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(" ")}" font-family="sans-serif" font-size="11" fill="#1f2937">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    textAt(size[0] / 2, 22, title, { anchor: "middle", size: 14 }),
    ...cells,
    "</svg>",
  ].join("\n")}\n`;
}

interface PanelFrame extends Pick<Charts, "axis" | "marks"> {
  readonly number: number;
  readonly across: Scale;
}

function panelText({ title, series }: Panel, frame: PanelFrame): string {
  const { number, axis, across, marks } = frame;
  const up = scaleOver(series.flatMap(shownValues), 4);
  const x = (value: number): number => (width * (value - across.from)) / (across.to - across.from);
  const y = (value: number): number => height - (height * (value - up.from)) / (up.to - up.from);
  const clip = `panel-${number}`;
  return [
    `<clipPath id="${clip}"><rect x="-3" y="-3" width="${width + 6}" height="${height + 6}"/></clipPath>`,
    textAt(0, -10, title, { weight: "bold" }),
    ...up.ticks.flatMap((tick) => [
      `<path d="M0,${number2(y(tick))}h${width}" stroke="#e5e7eb"/>`,
      textAt(-6, y(tick) + 4, tickText(tick), { anchor: "end", color: grey }),
    ]),
    ...across.ticks.map((tick) =>
      textAt(x(tick), height + 15, tickText(tick), { anchor: "middle", color: grey }),
    ),
    textAt(width / 2, height + 30, axis, { anchor: "middle", color: grey }),
    ...marks.flatMap((mark) => [
      `<path d="M${number2(x(mark.x))},0v${height}" stroke="${grey}" stroke-dasharray="3 3"/>`,
      textAt(x(mark.x) + 3, 10, mark.name, { color: grey, size: 9 }),
    ]),
    `<path d="M0,0v${height}h${width}" fill="none" stroke="${grey}"/>`,
    `<g clip-path="url(#${clip})">`,
    ...series.map((one, n) => seriesText(one, colorOf(n), ([a, b]) => [x(a), y(b)])),
    "</g>",
    ...(series.length > 1 ? [legend(title, series)] : []),
  ].join("\n");
}

function seriesText(
  { points, look = "cloud" }: Series,
  color: string,
  place: (point: Point) => Point,
): string {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const dot = (radius: number, opacity: number) => (point: Point) => {
    const [x, y] = place(point);
    return `<circle cx="${number2(x)}" cy="${number2(y)}" r="${radius}" opacity="${opacity}"/>`;
  };
  const line = (through: readonly Point[]): string => {
    const path = through.map((point) => place(point).map(number2).join(",")).join("L");
    return path === ""
      ? ""
      : `<path d="M${path}" fill="none" stroke="${color}" stroke-width="1.6"/>`;
  };
  const isCloud = look === "cloud" && finite.length > 1;
  const dots = isCloud
    ? thinned(finite, mostPoints).map(dot(1.3, 0.22))
    : thinned(finite, mostPoints).map(dot(2.6, 1));
  const curve = line(isCloud ? smooth(finite, mostPoints) : thinned(finite, mostPoints));
  return `<g fill="${color}">${dots.join("")}</g>${curve}`;
}

/** Of a cloud, and of its line, the few that stand far out do not press the rest together. */
function shownValues({ points, look = "cloud" }: Series): readonly number[] {
  const values = points.map(([, y]) => y).filter(Number.isFinite);
  if (look === "dots") return ends(values);
  const line = smooth(points, mostPoints).map(([, y]) => y);
  return [...mostOf(values, 200), ...mostOf(line, 100)];
}

/** The ends of what is left when one of so many is taken away on either side. */
function mostOf(values: readonly number[], ofMany: number): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const cut = Math.floor(sorted.length / ofMany);
  return ends(sorted.slice(cut, sorted.length - cut));
}

function ends(values: readonly number[]): readonly number[] {
  if (values.length === 0) return [];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** Beside the title, where nothing is drawn; under one another in the corner where there is no room for all of them. */
function legend(title: string, series: readonly Series[]): string {
  const step = 12;
  let right = width;
  const besides = series.toReversed().map(({ name }) => {
    const place = { x: right, y: -10 };
    right -= 22 + name.length * letter;
    return place;
  });
  const isBeside = right > title.length * boldLetter;
  const texts = series.map(({ name }, n) => {
    const below = { x: width, y: 12 + n * step };
    const { x, y } = isBeside ? (besides.at(-1 - n) ?? below) : below;
    const mark = `<rect x="${number2(x - 10)}" y="${y - 8}" width="8" height="8" fill="${colorOf(n)}"/>`;
    return mark + textAt(x - 14, y, name, { anchor: "end", size: 10 });
  });
  return texts.join("\n");
}

function colorOf(n: number): string {
  return colors[n % colors.length] ?? grey;
}

interface TextLook {
  readonly anchor?: "middle" | "end";
  readonly color?: string;
  readonly size?: number;
  readonly weight?: "bold";
}

function textAt(x: number, y: number, text: string, look: TextLook): string {
  const { anchor, color, size, weight } = look;
  const given = { "text-anchor": anchor, fill: color, "font-size": size, "font-weight": weight };
  const attributes = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${value}"`],
  );
  return `<text x="${number2(x)}" y="${number2(y)}"${attributes.join("")}>${escapeMarkup(text)}</text>`;
}

/** Two digits are finer than a screen, and the same everywhere. */
function number2(value: number): string {
  return String(Math.round(value * 100) / 100);
}
