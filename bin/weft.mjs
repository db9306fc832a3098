#!/usr/bin/env node
// The `weft` command: makes sure that dist/ is there and current, then hands over to it.
import * as v8 from "node:v8";
import { ensureBuilt } from "./build.mjs";

// A compile takes seconds and is spread over hundreds of functions. V8 would optimise nearly all of them, in threads
// that take more time than the compile itself; what is hot for longer, as loops over tokens are, still is optimised.
// Later versions of V8 do not know the flag, and would say so for every command.
if (process.versions.v8.startsWith("11.3.")) v8.setFlagsFromString("--interrupt-budget=600000");

if (ensureBuilt()) {
  const { main } = await import("../dist/bundle/main.js");
  await main(process.argv.slice(2));
} else {
  process.exitCode = 3;
}
