import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
mkdirSync(join(root, "out"), { recursive: true });
const folder = mkdtempSync(join(root, "out", "bindings-"));
const bindings = join(folder, "internvit-tiny.ts");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const args = [
    ...["export", "models/internvit/internvit.weft", "--model", "InternViT_tiny", "--to", "ts"],
    ...["--out", bindings, "--library", "../../compiler/api/library.ts"],
  ];
  const { exitCode, stderr } = await runWeft(args, root);
  expect(stderr).toContain("wrote");
  expect(exitCode).toBe(0);
  writeFileSync(join(folder, "grid.weft"), stages);
  const ofStages = ["--to", "ts", "--out", "grid.ts", "--library", "../../compiler/api/library.ts"];
  const exported = await runWeft(["export", "grid.weft", ...ofStages], folder);
  expect(exported.stderr).toBe("wrote grid.ts\n");
});

/** A model that is trained by a stage without phases, and by one with two. */
const stages = `
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"

model Grid(side: int = 2) {
  axis Row = side
  axis Col = side
  axis Class = 3
  use head = Linear<(Row, Col), Class>()
}

stage plain of Grid(x: f32[B, Row, Col]) {
  train everything else at lr 0.1
  optimizer Sgd()
  loss { mean{B, head.Out}(f32(head(real(x))) ^ 2) }
}

stage grow of Grid(x: f32[B, Row, Col] from image(crop: "random"), ids: i32[B, Text = 5]) {
  optimizer Sgd()
  train everything else at lr 0.1
  loss { mean{B, head.Out}(f32(head(real(x))) ^ 2) + mean{B, Text}(f32(ids)) }
  phase small until steps 2 { clip 2.0 }
  phase all until steps 4 { clip 1.0 }
}
`;

/** A program that trains by them as they are meant, and in ways that must not compile. */
const stageProgram = `
import { gradGrow, gradPlain, type GrowRecord, trainGrow } from "./grid.ts";

export async function losses(): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const event of await trainGrow({ data: "pictures", out: "run", phase: "all" }))
    if (event.kind === "step") found.push(event.loss);
  const ids = { element: "i32", shape: [1, 5], data: new Int32Array(5) } as const;
  const { loss } = await gradGrow({ x: "photo.jpg", ids }, { phase: "small" });
  const { gradients } = await gradPlain({ x: "random:1" });
  return [...found, loss, gradients["head.bias"]?.data[0] ?? 0];
}

export async function mistakes(record: GrowRecord): Promise<void> {
  // @ts-expect-error there is no such phase
  await trainGrow({ out: "run", phase: "large" });
  // @ts-expect-error a run has a folder
  await trainGrow({ data: "pictures" });
  // @ts-expect-error the stage is fixed
  await trainGrow({ out: "run", stage: "plain" });
  // @ts-expect-error one of its phases is to be said
  await gradGrow(record);
  // @ts-expect-error ids are missing
  await gradGrow({ x: "photo.jpg" }, { phase: "small" });
}
`;

/** A program that uses the bindings as they are meant, and in ways that must not compile. */
const program = `
import { loadForward, loadPooled, type ForwardOutputs } from "./internvit-tiny.ts";

export async function features(file: string): Promise<Float32Array> {
  const vit = await loadForward({ sizes: { B: 2 }, weights: "random:1", device: "software" });
  const outputs: ForwardOutputs = await vit.run({ pixels: file });
  vit.dispose();
  return Object.values(outputs)[0].data;
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error there is no axis N to choose
  await loadForward({ sizes: { N: 2 } });
  // @ts-expect-error the model is fixed
  await loadForward({ model: "InternViT_6B" });
  const vit = await loadPooled();
  // @ts-expect-error pixels are missing
  await vit.run({});
  // @ts-expect-error the input has another name
  await vit.run({ image: "photo.jpg" });
  const { cls, patches } = await vit.run({ pixels: "photo.jpg" });
  const numbers: Float32Array = cls.data;
  // @ts-expect-error a tensor is no number
  const wrong: number = patches;
  console.log(numbers, wrong);
}
`;

test("they say what the modes take and give", async () => {
  const text = readFileSync(bindings, "utf8");
  expect(text).toContain("`f32[B, Rgb = 3, Y = 56, X = 56]`");
  expect(text).toContain('image(fit: "crop")');
  await expect(text).toMatchFileSnapshot("../samples/bindings/internvit-tiny.txt");
});

test("they know the records of stages", async () => {
  const text = readFileSync(join(folder, "grid.ts"), "utf8");
  expect(text).toContain("`f32[B, Row = 2, Col = 2]`, row-major.");
  expect(text).toContain("`i32[B, Text = 5]`, row-major.");
  expect(text).toContain('image(crop: "random"');
  expect(text).toContain('readonly phase?: "small" | "all"');
  await expect(text).toMatchFileSnapshot("../samples/bindings/grid-stages.txt");
});

test("they compile, and reject what the model does not have", () => {
  writeFileSync(join(folder, "program.ts"), program);
  writeFileSync(join(folder, "stage-program.ts"), stageProgram);
  const configuration = {
    extends: "../../tsconfig.json",
    compilerOptions: { noEmit: true, rootDir: "../.." },
    include: ["*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", folder], {
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test("they run", async () => {
  writeFileSync(join(folder, "program.ts"), program);
  const { features } = (await import(pathToFileURL(join(folder, "program.ts")).href)) as {
    features: (file: string) => Promise<Float32Array>;
  };
  const data = await features("random:5");
  expect(data).toHaveLength(2 * 17 * 64);
  expect(data.every(Number.isFinite)).toBe(true);
  expect(new Set(data).size).toBeGreaterThan(1000);
});
