import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevice } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const file = join(root, "examples", "fashion-mnist.weft");
const folder = mkdtempSync(join(tmpdir(), "weft-clothes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const side = 28;
const classes = 10;

/** As Fashion-MNIST has them: bytes under a header with the type, the rank and the sizes. */
function idx(sizes: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  header.setUint32(0, 0x800 + sizes.length);
  for (const [n, size] of sizes.entries()) header.setUint32(4 + 4 * n, size);
  return Buffer.concat([new Uint8Array(header.buffer), data]);
}

/** Picture n is of class n % 10: a bar, as far down as its class says, on speckles that differ. */
function writePictures(count: number, seed: number, name: string): void {
  const pixels = Uint8Array.from({ length: count * side * side }, (_, n) => {
    const [picture, row] = [Math.floor(n / side ** 2), Math.floor((n % side ** 2) / side)];
    const isBar = Math.abs(row - 2 * (picture % classes) - 4) < 2;
    return isBar ? 200 : (Math.imul(n + seed, 0x9e3779b1) >>> 24) / 2;
  });
  const labels = Uint8Array.from({ length: count }, (_, n) => n % classes);
  writeFileSync(
    join(folder, "bars", `${name}-images-idx3-ubyte`),
    idx([count, side, side], pixels),
  );
  writeFileSync(join(folder, "bars", `${name}-labels-idx1-ubyte`), idx([count], labels));
}

describe("examples/fashion-mnist.weft", () => {
  test("is ten lines, without imports and braces", () => {
    const lines = readFileSync(file, "utf8").split("\n");
    const isCounted = (line: string) => !/^(import .*|\/\/\/ .*|\s*loss \{|\s*\}?)$/.test(line);
    expect(lines.filter(isCounted)).toHaveLength(10);
  });

  test("learns where a bar is, and is measured on pictures that it was not trained on", {
    timeout: 240_000,
  }, async (context) => {
    const device = await openTestDevice("lavapipe");
    if (device === undefined) return context.skip();
    device.dispose();
    mkdirSync(join(folder, "bars"));
    writePictures(1280, 1, "train");
    writePictures(200, 2, "t10k");
    const asked = ["train", file, "--stage", "learn", "--data", "bars", "--split", "train"];
    const more = ["--held-out-split", "test", "--steps", "40", "--save-every", "40"];
    const { exitCode, stdout, stderr } = await runWeft(
      [...asked, ...more, "--out", "run", "--json", "--device", "lavapipe"],
      folder,
    );
    expect(exitCode, stderr).toBe(0);
    const measured = stdout
      .split("\n")
      .filter((line) => line.includes('"held_out"'))
      .map((line) => JSON.parse(line).watches.accuracy);
    expect(measured).toHaveLength(1);
    expect(measured.at(-1)).toBeGreaterThan(0.9);
  });
});
