import { expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage, type StageRequest } from "../../compiler/compile-stage.ts";
import { checkText } from "../support/texts/check-text.ts";

/** A stage that differs from others in its name, its model, and one entry. */
const stageOf = (model: string, name: string, entry = ""): string => `
stage ${name} of ${model}(x: f32[B, In], y: f32[B]) {
  ${entry}
  train everything else at lr 1e-2
  optimizer Sgd()
  steps 4
  batch 8
  loss { mean{B}((value(x) - y) ^ 2) }
}
`;

const text = `
import { Sgd } from "std/optimizers"

model Line {
  axis In = 3
  param w: [In] = 0.5
  fn value(x: f32[B, In]) -> f32[B] { sum{In}(x * w) }
  mode run(x: f32[B, In]) -> f32[B] { value(x) }
}

model Odd = Line<Out = 4>

${stageOf("Line", "right")}
${stageOf("Line", "wrong", "set nowhere = 4")}`;

function codesOf(request: Pick<StageRequest, "stage" | "purpose">, file = text): readonly string[] {
  const loader = memoryLoader("line.weft", file);
  const { artifact, diagnostics } = compileStage({ entry: "line.weft", loader, ...request });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(artifact === undefined).toBe(errors.length > 0);
  return errors.map(({ code }) => code);
}

test("a check looks at every stage and every model", () => {
  const codes = checkText(text).sink.diagnostics.map(({ code }) => code);
  expect(codes).toContain("unknown-override");
  expect(codes).toContain("unknown-argument");
});

test.each(["gradients", "train", "evaluate"] as const)(
  "%s: what is wrong with another stage is none of this one's business",
  (purpose) => {
    expect(codesOf({ stage: "right", purpose })).toEqual([]);
  },
);

test.each(["gradients", "train", "evaluate"] as const)(
  "%s: what is wrong with this one is told once",
  (purpose) => {
    expect(codesOf({ stage: "wrong", purpose })).toEqual(["unknown-override"]);
  },
);

test.each(["gradients", "train", "evaluate"] as const)(
  "%s: what is wrong with its model is told once",
  (purpose) => {
    expect(codesOf({ stage: "odd", purpose }, text + stageOf("Odd", "odd"))).toEqual([
      "unknown-argument",
    ]);
  },
);

test("a stage that is not there is told beside those that are", () => {
  expect(codesOf({ stage: "write" })).toContain("unknown-stage");
});
