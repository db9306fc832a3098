#!/usr/bin/env node
// The `weft` command: makes sure that dist/ is there and current, then hands over to it.
import { ensureBuilt } from "./build.mjs";
import { expectShortRun } from "./short-runs.mjs";

expectShortRun();

if (ensureBuilt()) {
  const { main } = await import("../dist/bundle/main.js");
  await main(process.argv.slice(2));
} else {
  process.exitCode = 3;
}
