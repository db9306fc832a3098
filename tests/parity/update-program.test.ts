import { expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";

const text = `import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"
model M {
  axis R = 4
  param w: f32[R] = 0.5
  param b: f32[] = 0.0
  mode run(x: f32[R]) -> f32[] { sum{R}(w * x) + b }
}
stage fit of M(g: f32[R]) {
  loss { sum{R}(w * g) + b }
  train w, b at lr 1e-3
  optimizer AdamW()
  schedule cosine(warmup: 2)
  decay 0.1
  clip 1.0
  ema 0.99
  steps 20
  batch 1
}
`;

test("a step of training updates what it trains, and what the optimizer keeps of it", () => {
  const loader = memoryLoader("fit.weft", text);
  const { artifact, diagnostics } = compileStage({
    entry: "fit.weft",
    loader,
    stage: "fit",
    purpose: "train",
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  expect(artifact.steps.map(({ name }) => name)).toEqual(["step"]);
  expect(artifact.outputs.map(({ name }) => name)).toEqual(["loss", "norm", "lr", "skipped"]);
  const written = artifact.stored.filter(({ writtenBy }) => writtenBy.includes("step"));
  expect(written.map(({ path }) => path).toSorted()).toEqual(
    [
      "w",
      "b",
      "optimizer.step",
      "optimizer.skipped",
      "ema.step",
      "ema.w",
      "ema.b",
      "optimizer.m.w",
      "optimizer.v.w",
      "optimizer.m.b",
      "optimizer.v.b",
    ].toSorted(),
  );
});

test("an input of a record does not take the name of what the loop gives", () => {
  const own = text.replace("g: f32[R]", "sample: f32[R]");
  const loader = memoryLoader("fit.weft", own.replace("w * g", "w * sample"));
  const request = { entry: "fit.weft", loader, stage: "fit", purpose: "train" } as const;
  const { diagnostics } = compileStage(request);
  expect(diagnostics.map(({ code }) => code)).toEqual(["declared-twice"]);
});

test("a stage that counts epochs has as many steps as the data gives it", () => {
  const own = text.replace("steps 20", "epochs 3").replace("warmup: 2", "warmup: steps div 5");
  const request = { entry: "fit.weft", stage: "fit", purpose: "train" } as const;
  const lengthOf = (more: { readonly steps?: number; readonly stepsPerEpoch?: number }) => {
    const loader = memoryLoader("fit.weft", own);
    return compileStage({ ...request, ...more, loader }).artifact?.stage.length;
  };
  expect(lengthOf({ stepsPerEpoch: 5 })).toEqual({ unit: "steps", amount: 15 });
  expect(lengthOf({ stepsPerEpoch: 5, steps: 7 })).toEqual({ unit: "steps", amount: 7 });
  expect(lengthOf({})).toBeUndefined();
});
