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
});

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

test("they compile, and reject what the model does not have", () => {
  writeFileSync(join(folder, "program.ts"), program);
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
