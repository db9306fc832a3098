import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, describe, expect, test } from "vitest";
import { runWeft } from "../support/texts/run-weft.ts";
import { hostileKinds, victim, writeHostile } from "./hostile-files.ts";

/**
 * Files that are broken, huge by their own word, or no files: one diagnostic each, soon, in little memory, and nothing
 * of them on the terminal. `WEFT_CAMPAIGN_FILES=200 npx vitest run tests/campaigns/files.gpu.test.ts` is the long form, in
 * which each runs in a process of its own whose memory is measured. `npm test` runs each kind once, in this process.
 */
const folder = mkdtempSync(join(tmpdir(), "weft-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function prepare(seed: number) {
  const own = join(folder, String(seed));
  const hostile = writeHostile(own, seed);
  writeFileSync(join(own, "victim.weft"), victim);
  return { ...hostile, own };
}

/** What is said: one error, on lines without anything that a terminal would obey. */
function expectOneDiagnostic(exitCode: number | null, stderr: string): void {
  expect(stderr).not.toContain("this is a mistake in Weft");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  expect(stderr.match(/^error\[/gm) ?? []).toHaveLength(1);
  expect(exitCode).toBe(1);
}

describe("each kind of hostile file", () => {
  test.each(Array.from({ length: hostileKinds }, (_, seed) => seed))("number %i", async (seed) => {
    const { args, own } = prepare(seed);
    const before = process.cpuUsage();
    const { exitCode, stderr } = await runWeft(args, own);
    const { user, system } = process.cpuUsage(before);
    expectOneDiagnostic(exitCode, stderr);
    expect((user + system) / 1000).toBeLessThan(5000);
  });
});

const wanted = Number(env.WEFT_CAMPAIGN_FILES ?? 0);

describe.skipIf(wanted === 0)("in processes of their own", () => {
  const command = join(import.meta.dirname, "..", "..", "bin", "weft.mjs");
  const measure = `process.on("exit", () => require("fs").writeFileSync(process.env.WEFT_MEASURE, JSON.stringify({ kilobytes: process.resourceUsage().maxRSS, cpu: process.cpuUsage() })))`;

  test("are told in one diagnostic each, under 5 s and 512 MiB", { timeout: 3_600_000 }, () => {
    const hook = join(folder, "measure.cjs");
    writeFileSync(hook, measure);
    let most = { megabytes: 0, ms: 0 };
    for (let seed = hostileKinds; seed < hostileKinds + wanted; seed++) {
      const { args, own, name } = prepare(seed);
      const report = join(own, "measured.json");
      const { status, stderr } = spawnSync(
        process.execPath,
        ["--require", hook, command, ...args],
        {
          cwd: own,
          env: { ...env, WEFT_MEASURE: report },
          encoding: "utf8",
          timeout: 60_000,
        },
      );
      try {
        expectOneDiagnostic(status, stderr);
        const { kilobytes, cpu } = JSON.parse(readFileSync(report, "utf8")) as {
          kilobytes: number;
          cpu: { user: number; system: number };
        };
        const [megabytes, ms] = [kilobytes / 1024, (cpu.user + cpu.system) / 1000];
        most = { megabytes: Math.max(most.megabytes, megabytes), ms: Math.max(most.ms, ms) };
        expect(megabytes).toBeLessThan(512);
        expect(ms).toBeLessThan(5000);
      } catch (error) {
        throw new Error(`file ${seed} (${name}): ${stderr}`, { cause: error });
      }
      rmSync(own, { recursive: true, force: true });
    }
    console.log(
      `${wanted} files, at most ${most.megabytes.toFixed(0)} MiB and ${most.ms.toFixed(0)} ms`,
    );
  });
});
