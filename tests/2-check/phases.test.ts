import { describe, expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage, type StageRequest } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../compiler/stage-artifact.ts";
import { checkText } from "../support/texts/check-text.ts";

const model = `
import { Linear } from "std/layers"
import { bicubic } from "std/resample"
import { Sgd } from "std/optimizers"

model Grid(side: int = 2, depth: int = 1) {
  axis Row = side
  axis Col = side
  axis Patch = (Row, Col)
  axis D = 4
  param position: [Patch, D] = 0.0
  repeat i in 0..depth {
    use layers[i] = Linear<D, D>()
  }
  fn forward(x: f32[B, Patch, D]) -> [B, Patch, D] {
    let x = real(x) + position
    for layer in layers { x = layer(x) }
    x
  }
}
`;
const resample = "weights plain of Grid { resample position over Row, Col with bicubic }\n";

function stageOf(first: string, second: string): string {
  return `
stage grow of Grid(x: f32[B, Patch, D]) {
  train everything else at lr 0.1
  optimizer Sgd()
  batch 2
  loss { mean{B, Patch, D}(f32(forward(x)) ^ 2) }
  phase small until steps 2 { ${first} }
  phase large until steps 4 { ${second} }
}
`;
}

function found(text: string): readonly string[] {
  return checkText(text)
    .sink.diagnostics.filter(({ code }) => code !== "unused-import")
    .map(({ code, message, hint }) => `${code}: ${message} (${hint})`);
}

function compiled(more: Partial<StageRequest>): StageArtifact {
  const text = `${model}${resample}${stageOf("set side = 3", "set side = 6\nset depth = 2")}`;
  const loader = memoryLoader("grow.weft", text);
  const { artifact, diagnostics } = compileStage({
    entry: "grow.weft",
    loader,
    stage: "grow",
    ...more,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

describe("phases", () => {
  test("that change a size say how what is stored comes to it", () => {
    const growing = stageOf("set side = 3", "set side = 6");
    expect(found(model + growing)).toEqual([
      "missing-resample: `position` is [36, 4] here and [9, 4] in `grow.small`, the phase before (`resample position over Row, Col with bicubic` in a `weights` block of `Grid`)",
    ]);
    expect(found(model + resample + growing)).toEqual([]);
    expect(found(model + stageOf("set side = 3", "set side = 3"))).toEqual([]);
  });

  test("cannot change what is no grid", () => {
    expect(found(model + resample + stageOf("set D = 6", "set D = 8"))).toEqual([
      "missing-resample: `layers.0.weight` is [8, 8] here and [6, 6] in `grow.small`, the phase before (only a grid, of rows and columns, can take another size on the way; leave the others as they are)",
    ]);
  });

  test("begin with the weights of the one before, resampled, and with moments of 0", () => {
    expect(compiled({ phase: "small" }).stage.begins).toBeUndefined();
    const weights = { position: [9, 4], "layers.0.weight": [4, 4], "layers.0.bias": [4] };
    const checkpoint = { config: undefined, tensors: weights };
    const { stage, checkpoint: reads } = compiled({ phase: "large", purpose: "train", checkpoint });
    expect(stage.begins).toEqual({
      after: "small",
      resized: ["position"],
      added: ["layers.1.weight", "layers.1.bias"],
    });
    const initialised = reads?.reads.filter((read) => read.source === undefined);
    expect(initialised?.map(({ parameter }) => parameter)).toEqual(stage.begins?.added);
    const resampled = reads?.reads.filter((read) => read.resample !== undefined);
    expect(resampled?.map(({ parameter }) => parameter)).toEqual(["position"]);
  });
});
