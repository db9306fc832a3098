import { describe, expect, test } from "vitest";
import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import { compileStage, type StageRequest } from "../../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../../compiler/stage-artifact.ts";
import { software } from "../../support/profiles.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const kibi = 1024;

/** Residual blocks of a norm, a product, an activation and a product; the first layer is frozen. */
function textWith(...lines: readonly string[]): string {
  return `import { gelu } from "std/functions"
import { LayerNorm, Linear } from "std/layers"
import { AdamW } from "std/optimizers"
module Block<D, Hidden>() {
  use norm = LayerNorm<D>(1e-6)
  use up = Linear<D, Hidden>()
  use down = Linear<Hidden, D>()
  fn forward(x: [B, D]) -> [B, D] { x + down(gelu(up(norm(x)))) }
}
model M {
  axis D = 16
  axis Hidden = 32
  use still = Linear<D, D>()
  repeat i in 0..4 { use blocks[i] = Block<D, Hidden>() }
  mode run(x: f32[B, D]) -> [B, D] {
    let y = still(real(x))
    for block in blocks { y = block(y) }
    y
  }
}
stage fit of M(x: f32[B, D]) {
  freeze still
  train everything else at lr 0.1
  optimizer AdamW()
  batch 256 by 256
  steps 10
  clip 1
${lines.map((line) => `  ${line}\n`).join("")}  loss { mean{B}(sum{D}(f32(run(x)) ^ 2)) }
}
`;
}

function result(text: string, more: Partial<StageRequest> = {}) {
  const loader = memoryLoader("m.weft", text);
  return compileStage({ entry: "m.weft", loader, stage: "fit", profile: software, ...more });
}

function compiled(text: string, more: Partial<StageRequest> = {}): StageArtifact {
  const { artifact, diagnostics } = result(text, more);
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

function bytesOf({ program }: StageArtifact): number {
  return program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe.each(["gradients", "train"] as const)("a budget of a stage, for %s", (purpose) => {
  const whole = compiled(textWith(), { purpose });
  const less = bytesOf(whole) - 0.4 * whole.program.plan.arenaBytes;
  const line = `memory within ${Math.floor(less / kibi)} KiB`;

  test("stands in its text: results are made again, and no weight streams", () => {
    expect(whole.stage.memory).toBeUndefined();
    const { program, stage, ...artifact } = compiled(textWith(line), { purpose });
    const budget = Math.floor(less / kibi) * kibi;
    expect(bytesOf({ program, stage, ...artifact })).toBeLessThanOrEqual(budget);
    expect(program.streaming).toBeUndefined();
    expect(program.plan.weightBytes).toBe(whole.program.plan.weightBytes);
    expect(stage.memory?.budget).toBe(budget);
    const again = program.dispatches.filter(({ isAgain }) => isAgain === true);
    expect(again.length).toBeGreaterThan(0);
    expect(program.dispatches.length - again.length).toBe(whole.program.dispatches.length);
    const { recomputed = [] } = stage.memory ?? {};
    expect(recomputed.map(({ flops }) => flops)).toEqual(again.map(({ flops }) => flops));
    expect(recomputed.every(({ values, bytes }) => values > 0 && bytes > 0)).toBe(true);
    expect(recomputed.some(({ part }) => part.startsWith("blocks[0]"))).toBe(true);
  });

  test("gives way to what the program is asked for with", () => {
    const asked = compiled(textWith(line), { purpose, memory: bytesOf(whole) });
    expect(asked.stage.memory).toEqual({ budget: bytesOf(whole), recomputed: [] });
    expect(asked.program.buffers).toEqual(whole.program.buffers);
    expect(asked.program.dispatches.length).toBe(whole.program.dispatches.length);
  });

  test("that cannot be kept is refused: the least that would do, what there is at once, what to try", () => {
    const { artifact, diagnostics } = result(textWith("memory within 8 KiB"), { purpose });
    expect(artifact).toBeUndefined();
    const [found, ...others] = diagnostics;
    expect(others).toEqual([]);
    expect(found?.code).toBe("over-budget");
    expect(found?.message).toContain("but the budget is 0.008 MiB");
    // No piece is small enough for it.
    expect(found?.hint).toBeUndefined();
    expect(found?.notes[0]).toMatch(/^at its fullest it holds .* MiB of `.*`, made at \S+:\d+/);
    const [, least = ""] = /needs ([\d.]+) MiB/.exec(found?.message ?? "") ?? [];
    const memory = Number(least) * kibi ** 2;
    expect(bytesOf(compiled(textWith(), { purpose, memory: memory + kibi }))).toBeGreaterThan(
      0.9 * memory,
    );
    expect(result(textWith(), { purpose, memory: 0.95 * memory }).artifact).toBeUndefined();
  });
});

test("the largest smaller piece that fits is what may be tried", () => {
  const text = textWith().replace("batch 256 by 256", "batch 252").replace("0..4", "0..2");
  const purpose = "train";
  const whole = compiled(text, { purpose });
  const memory = Math.floor(bytesOf(whole) - 0.8 * whole.program.plan.arenaBytes);
  const [found] = result(text, { purpose, memory }).diagnostics;
  expect(found?.code).toBe("over-budget");
  const [, digits] =
    /^`batch 252 by (\d+)` computes \1 samples at a time$/.exec(found?.hint ?? "") ?? [];
  const piece = Number(digits);
  const divisors = [126, 84, 63, 42, 36, 28, 21, 18, 14, 12, 9, 7, 6, 4, 3, 2, 1];
  const place = divisors.indexOf(piece);
  expect(place).toBeGreaterThan(0);
  expect(bytesOf(compiled(text, { purpose, memory, piece }))).toBeLessThanOrEqual(memory);
  const larger = divisors[place - 1] ?? 0;
  expect(result(text, { purpose, memory, piece: larger }).artifact).toBeUndefined();
});

test("inspect lists what is made again, by parts", async () => {
  const args = ["inspect", "tests/compare/works/train.weft", "--stage", "classes"];
  const small = ["--set", "depth=2", "--set", "image=64", "--batch", "4"];
  const refused = await runWeft([...args, ...small, "--memory", "1MiB"]);
  expect(refused.exitCode).toBe(1);
  const [, least = ""] = /needs ([\d.]+) MiB/.exec(refused.stderr) ?? [];
  const { stdout } = await runWeft([...args, ...small, "--memory", `${Number(least) + 0.1}MiB`]);
  expect(stdout).toMatch(/within [\d.]+ MiB: \d+ values of \S+ [KM]iB are made again, .* FLOP/);
  expect(stdout).toMatch(/blocks\[0[^\n]*\].* budget/);
});
