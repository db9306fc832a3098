import type { TopLevelSpec } from "vega-lite";
import type { FigureSpec, FigureView, FigureWidth } from "./figure.ts";
import { pixelsOf } from "./figure.ts";
import { textWidth } from "./letter-widths.ts";

/** Draws views of figures as SVG. */
export interface Painter {
  /** One view, as wide as asked for. The same numbers give the same text. `id` keeps the names inside it apart from others'. */
  readonly svg: (view: FigureView, width: FigureWidth, id: string) => Promise<string>;
}

/** Vega is large, so that it is loaded when the first figure is drawn. */
export async function openPainter(): Promise<Painter> {
  const [vega, lite] = await Promise.all([import("vega"), import("vega-lite")]);
  // Else it would measure texts by a canvas where somebody has installed one, and guess otherwise.
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = (item, text) => textWidth(`${text ?? item.text ?? ""}`, item.fontSize ?? 11);

  const paint = async (spec: FigureSpec): Promise<string> => {
    vega.resetSVGDefIds();
    const { spec: compiled } = lite.compile(spec as unknown as TopLevelSpec);
    const drawn = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
    try {
      return shortened(await drawn.toSVG());
    } finally {
      drawn.finalize();
    }
  };

  // A view is drawn once at each width, for its file and for the page.
  const rooms = new Map<string, number>();
  const drawn = new Map<FigureView, Map<FigureWidth, string>>();
  return {
    async svg(view, width, id) {
      const own = drawn.get(view) ?? new Map<FigureWidth, string>();
      drawn.set(view, own);
      const svg = own.get(width) ?? (await fitted(view, width, paint, rooms));
      own.set(width, svg);
      return svg.replaceAll(/(id="|url\(#|href="#)((?:clip|gradient_)\d+)/g, `$1${id}-$2`);
    },
  };
}

interface TextMetrics {
  width: (item: { readonly text?: unknown; readonly fontSize?: number }, text?: unknown) => number;
}

/** Places to a tenth of a pixel, which is finer than a screen and half of the bytes. */
function shortened(svg: string): string {
  return svg.replaceAll(/ (d|transform)="[^"]*"/g, (places) =>
    places.replaceAll(/-?\d+\.\d+(?:e-\d+)?/g, (one) => String(Math.round(Number(one) * 10) / 10)),
  );
}

/**
 * Axes and legends take a room that is known when they are drawn, so that what is left for the panels is found by drawing. What the
 * figure before needed is the first guess: views of one figure need the same.
 */
async function fitted(
  view: FigureView,
  width: FigureWidth,
  paint: (spec: FigureSpec) => Promise<string>,
  rooms: Map<string, number>,
): Promise<string> {
  const columns = width === "page" ? 3 : 2;
  const frame = { width, columns, panel: pixelsOf[width] / columns, isSketch: true };
  const isSplit = "facet" in view.draw(frame);
  const across = isSplit ? columns : 1;
  const key = `${width} ${isSplit}`;
  const known = rooms.get(key);
  const panelIn = (room: number): number =>
    Math.max(40, Math.floor((pixelsOf[width] - slack - room) / across));
  let room = known ?? 60;
  let svg = "";
  for (let tries = 0; tries < 5; tries += 1) {
    const panel = panelIn(room);
    // Where nothing is known yet, many marks would be drawn in vain.
    const isSketch = isSplit && known === undefined && tries === 0;
    svg = await paint(view.draw({ ...frame, panel, isSketch }));
    const excess = widthIn(svg) - pixelsOf[width];
    if (!isSketch && excess <= 0 && excess >= -3 * slack) break;
    room = widthIn(svg) - panel * across;
  }
  rooms.set(key, room);
  return width === "paper" ? inMillimetres(svg) : svg;
}

/** Pixels that may be left over. */
const slack = 2;

function inMillimetres(svg: string): string {
  return svg.replace(/ width="[\d.]+"/, ' width="85mm"').replace(/ height="[\d.]+"/, "");
}

function widthIn(svg: string): number {
  return Number(/<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1] ?? "0");
}
