import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../../compiler/api/library.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { type CommandResult, runWeft } from "../../support/texts/run-weft.ts";

const text = `
import { gelu } from "std/functions"
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"

model Deep {
  axis D = 16
  axis Class = 4
  repeat i in 0..6 {
    use layers[i] = Linear<D, D>()
  }
  use head = Linear<D, Class>()

  mode run(x: f32[B, D]) -> [B, Class] {
    let x = real(x)
    for layer in layers { x = gelu(layer(x)) }
    head(x)
  }
}

stage fit of Deep(x: f32[B, D], wanted: f32[B, Class]) {
  freeze head
  train everything else at lr 0.01
  optimizer Sgd()
  batch 256
  loss {
    let error = f32(run(x)) - wanted
    let worst = max{B, Class}(abs(error))
    mean{B, Class}(error ^ 2)
  }
  watch worst
}
`;

const folder = mkdtempSync(join(tmpdir(), "weft-grad-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "deep.weft"), text);
const numbers = (shape: readonly number[], seed: number, size = 1) => {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count }, (_, n) => size * Math.sin(7 * n + seed));
  return { element: "f32", shape, data } as const;
};
writeSafetensors(join(folder, "record.safetensors"), {
  x: numbers([256, 16], 1),
  wanted: numbers([256, 4], 2),
  narrow: numbers([256, 3], 3),
});

/** Near the identity, through which numbers and gradients keep their size. */
const layers = Array.from({ length: 6 }, (_, n) => {
  const weight = numbers([16, 16], n, 0.1);
  for (let place = 0; place < 256; place += 17) weight.data[place] = 1;
  return [
    [`layers.${n}.weight`, weight],
    [`layers.${n}.bias`, numbers([16], n + 0.5, 0.1)],
  ];
});
writeSafetensors(join(folder, "weights.safetensors"), {
  ...Object.fromEntries(layers.flat()),
  "head.weight": numbers([4, 16], 7, 0.5),
  "head.bias": numbers([4], 8, 0.5),
});

const inputs = ["--in", "x=record.safetensors:x", "--in", "wanted=record.safetensors:wanted"];

function grad(...more: readonly string[]): Promise<CommandResult> {
  const common = ["--stage", "fit", "--device", "lavapipe", "--weights", "weights.safetensors"];
  return runWeft(["grad", "deep.weft", ...common, ...more], folder);
}

describe("weft grad on lavapipe", () => {
  let isHere = false;
  beforeAll(async () => {
    const device = await openTestDevice("lavapipe");
    isHere = device !== undefined;
    device?.dispose();
  });

  test("writes loss, watches and the gradients of what is trained, and tells programs of them", async (context) => {
    if (!isHere) return context.skip();
    const { exitCode, stdout, stderr } = await grad(...inputs, "--out", "g.safetensors", "--json");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("wrote g.safetensors\n");
    const written = readSafetensors(join(folder, "g.safetensors"));
    const told = JSON.parse(stdout);
    const keys = [0, 1, 2, 3, 4, 5].flatMap((n) => [`layers.${n}.bias`, `layers.${n}.weight`]);
    expect(Object.keys(written).toSorted()).toEqual([...keys, "loss", "worst"]);
    expect(told).toMatchObject({ model: "Deep", stage: "fit", sizes: { B: 256 }, unreached: [] });
    expect(told.file).toBe("g.safetensors");
    expect(told.loss).toBe(written.loss?.data[0]);
    expect(told.watches).toEqual({ worst: written.worst?.data[0] });
    expect(told.gradients.map(({ key }: { key: string }) => key).toSorted()).toEqual(keys);
    for (const { key, shape, norm } of told.gradients) {
      const { data = [], shape: found } = written[key] ?? {};
      expect(found).toEqual(shape);
      expect(norm).toBeCloseTo(Math.hypot(...data), 6);
      expect(norm).toBeGreaterThan(1e-6);
    }
  });

  test("says the numbers to people, and without --out writes nothing", async (context) => {
    if (!isHere) return context.skip();
    const { exitCode, stdout, stderr } = await grad(...inputs);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^loss \d\.\d+\nworst \d\.\d+\ngradient +shape +norm\n/);
    expect(stdout).toMatch(/^layers\.0\.weight +16 x 16 +\d\.\d+/m);
    expect(stdout).not.toContain("head");
    expect(stderr).not.toContain("wrote");
  });

  test("has the same bits in less memory, and nearly the same numbers in f16", async (context) => {
    if (!isHere) return context.skip();
    const whole = await grad(...inputs, "--out", "whole.safetensors", "--json");
    const { planned } = JSON.parse(whole.stdout).memory;
    const memory = String(Math.floor(planned.total - 0.3 * planned.activations));
    const less = await grad(...inputs, "--out", "less.safetensors", "--memory", memory, "--json");
    expect(less.exitCode, less.stderr).toBe(0);
    expect(JSON.parse(less.stdout).memory.planned.total).toBeLessThanOrEqual(Number(memory));
    const bytes = (name: string) => readFileSync(join(folder, name), "hex");
    expect(bytes("less.safetensors")).toBe(bytes("whole.safetensors"));
    const narrow = await grad(...inputs, "--out", "half.safetensors", "--precision", "f16");
    expect(narrow.exitCode, narrow.stderr).toBe(0);
    const [right, half] = ["whole.safetensors", "half.safetensors"].map((name) =>
      readSafetensors(join(folder, name)),
    );
    for (const [key, { data }] of Object.entries(right ?? {})) {
      const difference = [...data].map((value, n) => value - (half?.[key]?.data[n] ?? Number.NaN));
      expect(Math.hypot(...difference) / Math.hypot(...data), key).toBeLessThan(6e-3);
    }
    expect(bytes("half.safetensors")).not.toBe(bytes("whole.safetensors"));
  });

  const [x, wanted] = [inputs.slice(0, 2), inputs.slice(2)];
  test.each<[string, readonly string[], number, string]>([
    ["an input that is not given", x, 1, "error[input-missing]"],
    ["an input that the record has not", [...inputs, "--in", "y=random:1"], 1, "[input-unknown]"],
    [
      "another shape",
      [...x, "--in", "wanted=record.safetensors:narrow"],
      1,
      "error[wrong-shape]: ",
    ],
    ["no such file", [...wanted, "--in", "x=none.npy"], 1, "error[file-missing]"],
    ["a file of another kind", [...inputs, "--out", "no.npy"], 2, "must end in .safetensors"],
    ["no such stage", [...inputs, "--stage", "fat"], 1, "error[unknown-stage]"],
    ["too little memory", [...inputs, "--memory", "1KiB"], 1, "error[over-budget]"],
  ])("tells of %s", async (_, more, code, message) => {
    if (!isHere) return;
    const { exitCode, stdout, stderr } = await grad("--out", "no.safetensors", ...more);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe("");
    expect(exitCode).toBe(code);
    expect(existsSync(join(folder, "no.safetensors"))).toBe(false);
  });
});
