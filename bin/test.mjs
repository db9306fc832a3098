#!/usr/bin/env node
// `npm test`: installs and builds what is missing, runs every test on what was built, and ends with one line of counts.
// Arguments go to vitest: `npm test -- tests/cli/cli.test.ts`, `npm test -- -u`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "./install.mjs";

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

function readCounts(reportFile) {
  try {
    const report = JSON.parse(readFileSync(reportFile, "utf8"));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

async function runTests() {
  if (!ensureInstalled()) return 3;
  const { ensureBuilt } = await import("./build.mjs");
  if (!ensureBuilt()) {
    console.log("0 passed, 1 failed");
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), "weft-test-"));
  const reportFile = join(folder, "report.json");
  const vitest = join(packageRoot, "node_modules", "vitest", "vitest.mjs");
  const result = spawnSync(
    process.execPath,
    [
      vitest,
      "run",
      "--reporter=default",
      "--reporter=json",
      `--reporter=${join(packageRoot, "tests", "support", "hung-files.ts")}`,
      `--outputFile.json=${reportFile}`,
      ...process.argv.slice(2),
    ],
    {
      cwd: packageRoot,
      env: { ...process.env, WEFT_TEST_BUILT: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const { passed, failed, skipped } = readCounts(reportFile);
  rmSync(folder, { recursive: true, force: true });
  const exitCode = result.status ?? 1;
  // A file that cannot be loaded has no tests to count, and an uncaught error belongs to none.
  const failures = exitCode !== 0 && failed === 0 ? 1 : failed;
  console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return exitCode === 0 && passed === 0 ? 1 : exitCode;
}

process.exitCode = await runTests();
