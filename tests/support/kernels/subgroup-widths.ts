import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestGpu, type TestGpu } from "../gpu.ts";

/** Names the lanes of a subgroup to a child process; unset in the process that starts the children. */
const variable = "WEFT_TEST_LANES";
/** Mesa's software driver has as many lanes as its vectors have numbers of 32 bits. */
const widths = [4, 8, 16];

/**
 * Runs a test file three times, each in a process of its own, where Mesa's software driver has subgroups
 * of 4, 8 and 16 lanes: a driver reads its vector width once. `file` is the `import.meta.url` of the test
 * file, and `cases` declares tests that ask for the device when they run.
 */
export function atEverySubgroupWidth(file: string, cases: (gpu: () => TestGpu) => void): void {
  const lanes = Number(process.env[variable] ?? "0");
  if (lanes > 0) declareCases(lanes, cases);
  else declareChildren(fileURLToPath(file));
}

function declareChildren(file: string): void {
  describe("subgroups of every width", () => {
    for (const lanes of widths) {
      test(`${lanes} lanes`, async (context) => {
        const gpu = await openTestGpu();
        gpu?.device.destroy();
        if (gpu === undefined || !/llvmpipe/i.test(gpu.profile.name)) {
          console.log(`skipped: subgroups of ${lanes} lanes, the adapter is not Mesa's llvmpipe`);
          return context.skip("the adapter is not Mesa's llvmpipe");
        }
        const { code, output } = await runFile(file, lanes);
        expect(code, output).toBe(0);
        // A file whose cases were all skipped proves nothing.
        expect(output).toMatch(/Tests\s+\d+ passed/);
      });
    }
  });
}

function declareCases(lanes: number, cases: (gpu: () => TestGpu) => void): void {
  let gpu: TestGpu | undefined;
  beforeAll(async () => {
    gpu = await openTestGpu();
    expect(gpu?.profile.subgroupSize).toBe(lanes);
  });
  afterAll(() => gpu?.device.destroy());
  describe(`subgroups of ${lanes} lanes`, () => {
    cases(() => {
      if (gpu === undefined) throw new Error("there is no WebGPU adapter");
      return gpu;
    });
  });
}

async function runFile(
  file: string,
  lanes: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const runner = join(
    dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
    "vitest.mjs",
  );
  const args = [runner, "run", "--no-color", relative(root, file)];
  const environment = Object.entries(process.env).filter(
    // A child must not believe that it is a worker of this test run.
    ([name]) => !name.startsWith("VITEST") && name !== "TEST",
  );
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...Object.fromEntries(environment),
      [variable]: String(lanes),
      LP_NATIVE_VECTOR_WIDTH: String(32 * lanes),
    },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, output };
}
