import { bitOps } from "../families/bits.ts";
import { classificationOps } from "../families/functions.ts";
import { arithmeticSurfaces } from "./arithmetic-surface.ts";
import { conversionSurfaces } from "./conversion-surface.ts";
import { functionSurfaces } from "./function-surface.ts";
import { joiningSurfaces } from "./joining-surface.ts";
import { logicSurfaces } from "./logic-surface.ts";
import { positionSurfaces } from "./position-surface.ts";
import { putCombinedSurfaces, putSurface } from "./put-surface.ts";
import { randomSurfaces } from "./random-surface.ts";
import { rankingSurfaces } from "./ranking-surface.ts";
import { reductionSurfaces } from "./reduction-surface.ts";
import { renamingSurfaces } from "./renaming-surface.ts";
import { reshapingSurfaces } from "./reshaping-surface.ts";
import { cumsumSurface } from "./scan-surface.ts";
import type { SurfaceOp } from "./surface.ts";
import { takeSurface } from "./take-surface.ts";
import { whereSurface } from "./where-surface.ts";
import { windowSurfaces } from "./window-surface.ts";

interface SurfaceFamily {
  readonly title: string;
  readonly surfaces: readonly SurfaceOp[];
}

/** All written surfaces by subject, in the order in which a reader meets them. */
export const surfaceFamilies: readonly SurfaceFamily[] = [
  { title: "Arithmetic", surfaces: [...arithmeticSurfaces, ...functionSurfaces] },
  {
    title: "Conditions",
    surfaces: [...logicSurfaces, whereSurface, ...classificationOps.map(({ surface }) => surface)],
  },
  { title: "Bits", surfaces: bitOps.map(({ surface }) => surface) },
  { title: "Element types", surfaces: conversionSurfaces },
  { title: "Reductions", surfaces: [...reductionSurfaces, cumsumSurface, ...rankingSurfaces] },
  { title: "Names and shapes", surfaces: [...renamingSurfaces, ...reshapingSurfaces] },
  {
    title: "Positions",
    surfaces: [
      ...positionSurfaces,
      takeSurface,
      putSurface,
      ...putCombinedSurfaces,
      ...windowSurfaces,
    ],
  },
  { title: "Joins and stacks", surfaces: joiningSurfaces },
  { title: "Random numbers", surfaces: randomSurfaces },
];

/** Every primitive as it is written, by the name or symbol of the callee. */
export const surfaceOps: ReadonlyMap<string, SurfaceOp> = byName(
  surfaceFamilies.flatMap((family) => family.surfaces),
);

/** `max{K}(x)` reduces and `max(a, b)` compares: where a name has two, braces tell. */
function byName(surfaces: readonly SurfaceOp[]): ReadonlyMap<string, SurfaceOp> {
  const found = new Map<string, SurfaceOp>();
  for (const surface of surfaces) {
    const plain = found.get(surface.name);
    found.set(surface.name, plain === undefined ? surface : either(plain, surface));
  }
  return found;
}

function either(plain: SurfaceOp, braced: SurfaceOp): SurfaceOp {
  return {
    name: plain.name,
    signature: `${plain.signature}, ${braced.signature}`,
    doc: `${plain.doc} With braces: ${braced.doc}`,
    // One argument is nothing to compare: only the braces are missing.
    elaborate: (call) =>
      (call.braces === undefined && call.args.length !== 1 ? plain : braced).elaborate(call),
  };
}
