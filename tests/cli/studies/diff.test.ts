import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runWeft } from "../../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-diff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "net.weft");
writeFileSync(
  file,
  `
import { Linear, Mlp } from "std/layers"
import { Sgd } from "std/optimizers"

model Net<D = 4, Hidden = 8>(depth: int = 2, biased: bool = true) {
  repeat i in 0..depth {
    use layers[i] = Mlp<D, Hidden>()
  }
  use head = Linear<D, 2>(biased: biased)
  mode run(x: f32[B, D]) -> [B, head.Out] {
    let x = real(x)
    for layer in layers { x = layer(x) }
    head(x)
  }
}
model Wide = Net<Hidden = 16>()
model Deeper = Net(depth: 5)
model Deep = Net(depth: 3, biased: false)

stage slow of Net(x: f32[B, D]) {
  train everything else at lr 0.1
  optimizer Sgd()
  steps 10
  batch 4
  loss { f32(mean{B, head.Out}(run(x) ^ 2)) }
}
stage fast of Net(x: f32[B, D]) {
  set depth = 1
  train everything else at lr 0.5
  optimizer Sgd()
  steps 10
  batch 8
  loss { f32(mean{B, head.Out}(run(x) ^ 2)) }
}
`,
);

test("two models: axes, settings, parts, parameters and multiply-accumulates as a tree", async () => {
  const wide = await runWeft(["diff", `${file}:Net`, `${file}:Wide`]);
  expect(wide.exitCode, wide.stderr).toBe(0);
  expect(wide.stdout).toContain("axis Hidden: 8 -> 16\n");
  expect(wide.stdout).toContain("parameters: 162 -> 306\n");
  expect(wide.stdout).toContain("macs run: 136 -> 264\n");
  const deep = await runWeft(["diff", `${file}:Net`, `${file}:Deep`]);
  expect(deep.stdout).toContain("setting depth: 2 -> 3\n");
  expect(deep.stdout).toContain("layers[2]\n  + part: Mlp\n");
  expect(deep.stdout).toContain("head\n  setting biased: true -> false\n");
  const deeper = await runWeft(["diff", `${file}:Net`, `${file}:Deeper`]);
  expect(deeper.stdout).toContain("layers[2..5]\n  + part: Mlp\n");
  const same = await runWeft(["diff", `${file}:Net`, `${file}:Net`, "--kernels"]);
  expect(same.stdout).toBe("nothing differs\n");
});

test("two stages, and two runs", async () => {
  const stages = await runWeft(["diff", `${file}:slow`, `${file}:fast`, "--json"]);
  const { differences } = JSON.parse(stages.stdout);
  expect(differences).toContainEqual(
    expect.objectContaining({ kind: "stage", name: "batch", before: "4 by 4", after: "8 by 8" }),
  );
  expect(differences).toContainEqual(
    expect.objectContaining({ kind: "setting", name: "depth", before: "2", after: "1" }),
  );
  for (const [name, seed] of [
    ["a", 0],
    ["b", 1],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(
      join(folder, name, "run.json"),
      JSON.stringify({ seed, steps: 10, options: { file } }),
    );
  }
  const runs = await runWeft(["diff", join(folder, "a"), join(folder, "b")]);
  expect(runs.stdout).toBe("run seed: 0 -> 1\n");
});

test("what names nothing is told", async () => {
  const none = await runWeft(["diff", join(folder, "c"), `${file}:Net`]);
  expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("FILE:MODEL") });
  const unknown = await runWeft(["diff", `${file}:Nett`, `${file}:Net`]);
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("unknown-model") });
});
