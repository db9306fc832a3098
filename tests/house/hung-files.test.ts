import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const vitest = resolve("node_modules", "vitest", "vitest.mjs");
const reporter = resolve("tests", "support", "hung-files.ts");

test("a test that never ends is named, and ends the run", () => {
  const root = mkdtempSync(join(tmpdir(), "weft-hung-"));
  writeFileSync(join(root, "forever.test.ts"), 'test("forever", () => { for (;;); });\n');
  const args = ["run", "--globals", "--root", root, "--pool=forks", `--reporter=${reporter}`];
  const { status, stderr } = spawnSync(process.execPath, [vitest, ...args], {
    env: { ...process.env, WEFT_HUNG_MINUTES: "0.05" },
    encoding: "utf8",
    timeout: 100_000,
  });
  rmSync(root, { recursive: true });
  expect(stderr).toContain("at work: forever.test.ts");
  expect(status).toBe(1);
});
