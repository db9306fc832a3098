import { textsIn } from "../read-member.ts";
import { plainKey } from "./sign-key.ts";

/** The drawings of one artist. */
interface DrawingSet {
  /** SVG texts by the key of the sign. */
  readonly drawings: ReadonlyMap<string, string>;
  /** What the package says of its licence. */
  readonly licence: string;
}

/** A drawing as a package of Iconify has it: what stands inside the `svg` element, and where it lies. */
interface Icon {
  readonly body: string;
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
}

/**
 * Reads a package of Iconify: drawings by the signs that they are of.
 *
 * @throws {RuntimeFault} where the package is not one.
 */
export async function readIconifySet(archive: string): Promise<DrawingSet> {
  const texts = await textsIn(archive, [
    "package/icons.json",
    "package/chars.json",
    "package/info.json",
  ]);
  const set = JSON.parse(texts["package/icons.json"]) as {
    readonly icons: Readonly<Record<string, Icon>>;
    readonly width?: number;
    readonly height?: number;
  };
  const signs = JSON.parse(texts["package/chars.json"]) as Readonly<Record<string, string>>;
  const drawings = new Map<string, string>();
  for (const [points, name] of Object.entries(signs)) {
    const icon = set.icons[name];
    const key = plainKey(points);
    if (icon !== undefined && !drawings.has(key)) drawings.set(key, svgOf(icon, set));
  }
  const { license, author } = JSON.parse(texts["package/info.json"]) as {
    readonly license: { readonly title: string; readonly spdx: string; readonly url?: string };
    readonly author: { readonly name: string; readonly url?: string };
  };
  const { url: place = "" } = license;
  return {
    drawings,
    licence: `${license.title} (${license.spdx}) ${place}\n\nby ${author.name} ${author.url ?? ""}`,
  };
}

function svgOf(icon: Icon, set: { readonly width?: number; readonly height?: number }): string {
  const { left = 0, top = 0 } = icon;
  const { width = set.width ?? 16, height = set.height ?? 16 } = icon;
  const box = `viewBox="${left} ${top} ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${box}>${icon.body}</svg>`;
}
