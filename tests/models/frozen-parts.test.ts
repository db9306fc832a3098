import { describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { compileStage, type StageRequest } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Kernel, KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { readsOf, writesOf } from "../../compiler/ir/kernel/kernel-tensors.ts";
import { graphics } from "../support/profiles.ts";

interface Compiled {
  readonly kernels: readonly Kernel[];
  readonly trained: readonly { readonly path: string; readonly numbers: number }[];
}

/** The kernels of a stage's gradients, as they are scheduled. */
function compiled(
  request: Pick<StageRequest, "stage" | "phase" | "overrides" | "sizes">,
): Compiled {
  let program: KernelProgram | undefined;
  const { artifact, diagnostics } = compileStage({
    ...request,
    entry: "models/internvl/stages.weft",
    loader: diskLoader(process.cwd()),
    parse: parseOnce,
    profile: graphics,
    onKernels: (found) => {
      program = found;
    },
  });
  if (artifact === undefined || program === undefined)
    throw new Error(renderDiagnostics(diagnostics));
  const trained = artifact.stage.groups.flatMap(({ parameters }) => parameters);
  return { kernels: program.kernels, trained };
}

const isOf = (part: string) => (kernel: Kernel) =>
  kernel.places.some(({ path }) => path === part || path.startsWith(`${part}.`));

/** Kernels of a part that read what only others compute: of an encoder, those that bring gradients back. */
function wayBack(part: string, kernels: readonly Kernel[]): readonly string[] {
  const own = kernels.filter(isOf(part));
  expect(own.length).toBeGreaterThan(0);
  const made = new Set(own.flatMap(writesOf));
  const foreign = new Set(kernels.flatMap(writesOf).filter((tensor) => !made.has(tensor)));
  return own.filter((kernel) => readsOf(kernel).some((tensor) => foreign.has(tensor))).map(nameOf);
}

const nameOf = ({ name, places }: Kernel): string => `${name} of ${places[0]?.path}`;

function totalOf({ trained }: Compiled): number {
  return trained.reduce((sum, { numbers }) => sum + numbers, 0);
}

const encoder = { D: 32, Heads: 2, Hidden: 40, depth: 2, image: 28 };
const language = { Vocab: 50, D: 32, Heads: 2, Hidden: 24, Slot: 16, depth: 2 };
const small = {
  ...Object.fromEntries(Object.entries(encoder).map(([name, n]) => [`vision_model.${name}`, n])),
  ...Object.fromEntries(Object.entries(language).map(([name, n]) => [`qllama.${name}`, n])),
  ...{ E: 16, Query: 3 },
};
const tiny = {
  overrides: Object.entries(small).map(([path, value]) => ({ path, value })),
  sizes: { B: 4, Text: 6 },
};
const align = { stage: "align" };
const full = { stage: "contrast", phase: "full" };

describe("a frozen encoder", () => {
  test("has no kernel on the way back in `align`", () => {
    const found = compiled({ ...align, ...tiny });
    expect(found.trained.filter(({ path }) => path.startsWith("vision_model"))).toEqual([]);
    expect(wayBack("vision_model", found.kernels)).toEqual([]);
  });

  test("has some where it is trained", () => {
    const found = compiled({ ...full, ...tiny });
    expect(found.trained.some(({ path }) => path.startsWith("vision_model"))).toBe(true);
    expect(wayBack("vision_model", found.kernels).length).toBeGreaterThan(0);
  });
});

describe.runIf(process.env.WEFT_ALL_GRADIENTS !== undefined)("at full size", () => {
  test("`align` trains 1,010,334,467 numbers, none of them the encoder's", () => {
    const found = compiled(align);
    expect(totalOf(found)).toBe(1_010_334_467);
    expect(wayBack("vision_model", found.kernels)).toEqual([]);
  }, 300_000);

  test("`contrast` trains 12,620,029,697", () => {
    expect(totalOf(compiled(full))).toBe(12_620_029_697);
  }, 300_000);
});
