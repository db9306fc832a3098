import { describe, expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage, type StageRequest } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../compiler/stage-artifact.ts";
import { software } from "../support/profiles.ts";

const lines = {
  f16: "precision compute f16, master f32, accumulate f32",
  head: "precision compute f32 for head",
};

function textWith(...precision: readonly string[]): string {
  return `import { gelu } from "std/functions"
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"
model M {
  axis In = 16
  axis Mid = 24
  axis Out = 8
  use body = Linear<In, Mid>()
  use head = Linear<Mid, Out>()
  use still = Linear<Out, Out>()
  mode run(x: f32[B, In]) -> [B, Out] { still(gelu(head(gelu(body(real(x)))))) }
}
stage fit of M(x: f32[B, In]) {
  train body, head at lr 0.1
  freeze still
  optimizer Sgd()
  batch 4
  steps 10
${precision.map((line) => `  ${line}\n`).join("")}  loss { mean{B}(sum{Out}(f32(run(x)) ^ 2)) }
}
`;
}

interface Compiled {
  readonly artifact: StageArtifact;
  /** The graph as the policy decides it, line by line. */
  readonly decided: readonly string[];
  /** Floats of the values that a part's text computes, as the policy decides them. */
  readonly floatsIn: (part: string) => readonly string[];
  /** How what is stored lies in memory. */
  readonly storageOf: (path: string) => string | undefined;
}

function compiled(text: string, more: Partial<StageRequest> = {}): Compiled {
  const forms = new Map<string, string>();
  const { artifact, diagnostics } = compileStage({
    entry: "m.weft",
    loader: memoryLoader("m.weft", text),
    stage: "fit",
    profile: software,
    watch: (form, print) => forms.set(form, print()),
    ...more,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  const decided = forms.get("decide-precision")?.split("\n") ?? [];
  return {
    artifact,
    decided,
    floatsIn: (part) => {
      const own = decided.filter((line) => line.endsWith(`// ${part}`));
      return [
        ...new Set(
          own.flatMap((line) => / = (?!parameter|convert).*\): (\w+)\[/.exec(line)?.[1] ?? []),
        ),
      ];
    },
    storageOf: (path) => {
      const spec = artifact.stored.find((one) => one.path === path);
      return artifact.program.tensors[spec?.tensor ?? -1]?.storage;
    },
  };
}

describe("precision of a stage", () => {
  test("weights that are trained are stored in f32, others as they are computed with", () => {
    const { floatsIn, storageOf, artifact } = compiled(textWith(lines.f16));
    expect(["body", "head", "still"].map(floatsIn)).toEqual([["f16"], ["f16"], ["f16"]]);
    expect(storageOf("body.weight")).toBe("f32");
    expect(storageOf("still.weight")).toBe("f16");
    const tensors = artifact.outputs.map(({ tensor }) => artifact.program.tensors[tensor]?.storage);
    expect(new Set(tensors)).toEqual(new Set(["f32"]));
  });

  test("some parts may be computed in another float", () => {
    const { floatsIn, storageOf, artifact } = compiled(textWith(lines.f16, lines.head));
    expect(artifact.stage.precision).toEqual({ compute: "f16", isMixed: true });
    expect(["body", "head", "still"].map(floatsIn)).toEqual([["f16"], ["f32"], ["f16"]]);
    expect(storageOf("still.weight")).toBe("f16");
    const turned = compiled(textWith("precision compute f16 for still, head.bias"));
    expect(["body", "head", "still"].map(turned.floatsIn)).toEqual([["f32"], ["f32"], ["f16"]]);
    expect(turned.storageOf("still.weight")).toBe("f16");
    expect(turned.storageOf("head.bias")).toBe("f32");
  });

  test("what is asked for goes before the stage; parts that are f32 stay so", () => {
    const wide = compiled(textWith(lines.f16, lines.head), { precision: "f32" });
    expect(["body", "head", "still"].map(wide.floatsIn)).toEqual([["f32"], ["f32"], ["f32"]]);
    expect(wide.storageOf("still.weight")).toBe("f32");
    const narrow = compiled(textWith(lines.head), { precision: "f16" });
    expect(["body", "head", "still"].map(narrow.floatsIn)).toEqual([["f16"], ["f32"], ["f16"]]);
  });

  test("no device computes with bf16: its numbers are f32, and the loss needs no scale", () => {
    const { artifact } = compiled(textWith("precision compute bf16"), { purpose: "train" });
    const plain = compiled(textWith("precision compute f32"), { purpose: "train" });
    expect(artifact.program).toEqual(plain.artifact.program);
    expect(artifact.stage.precision).toEqual({ compute: "f32", isMixed: false });
    expect(artifact.stored.map(({ path }) => path)).not.toContain("optimizer.loss_scale");
  });

  test("a loss of which something is f16 has a scale that the run keeps", () => {
    const { artifact, storageOf } = compiled(textWith("precision compute f16 for still"), {
      purpose: "train",
    });
    expect(artifact.outputs.map(({ name }) => name)).toContain("loss_scale");
    const kept = ["loss_scale", "good_steps", "skipped"].map((name) => `optimizer.${name}`);
    expect(kept.map(storageOf)).toEqual(["f32", "i32", "i32"]);
  });

  test("residual streams are f32 from their beginning on, and products are not", () => {
    const layered = `import { Linear, RmsNorm } from "std/layers"
module Layer<D>() {
  use norm = RmsNorm<D>()
  use a, b = Linear<D, D>()
  fn forward(x: [.., D]) -> [.., D] { x + b(a(norm(x)) ^ 2) }
}
model M {
  axis In = 16
  axis D = 24
  use first = Linear<In, D>()
  use layer = Layer<D>()
  use last = Linear<D, In>()
  mode run(x: f32[B, In]) -> [B, In] { last(layer(first(real(x)))) }
}
stage fit of M(x: f32[B, In]) {
  train everything else at lr 0.1
  ${lines.f16}
  loss { mean{B}(sum{In}(f32(run(x)) ^ 2)) }
}
`;
    const { decided, floatsIn } = compiled(layered, { sizes: { B: 4 } });
    const floatOf = (op: string, part: string): string | undefined =>
      decided
        .filter((line) => line.endsWith(`// ${part}`))
        .flatMap((line) => new RegExp(` = ${op}\\(.*\\): (\\w+)\\[`).exec(line)?.[1] ?? [])
        .join();
    expect(floatOf("add", "layer")).toBe("f32");
    // A norm leaves rounding to the products that read it.
    expect(floatsIn("layer.norm")).toEqual(["f32"]);
    // What the stream begins with, and what is added to it, is rounded once: as the product that it is.
    expect(["first", "layer.b"].map((part) => floatOf("add", part))).toEqual(["f32", "f32"]);
    expect(["first", "layer.b"].map((part) => floatOf("sum", part))).toEqual(["f16", "f16"]);
    expect(["layer.a", "last"].map((part) => floatOf("add", part))).toEqual(["f16", "f16"]);
    const wide = compiled(layered, { sizes: { B: 4 }, precision: "f32" }).decided;
    expect(wide.filter((line) => line.includes("f16"))).toEqual([]);
  });

  test("sums and masters are f32", () => {
    const { diagnostics } = compileStage({
      entry: "m.weft",
      loader: memoryLoader(
        "m.weft",
        textWith("precision compute f16, master f16, accumulate bf16"),
      ),
      stage: "fit",
    });
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ["unknown-name", "there is no element type `f16` here"],
      ["unknown-name", "there is no element type `bf16` here"],
    ]);
  });
});
