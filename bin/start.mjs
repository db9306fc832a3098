#!/usr/bin/env node
// `npm start`: from a fresh clone to the features of an image. Installs and builds what is missing,
// then runs the example that compiles InternViT and draws what it sees.
import { ensureInstalled } from "./install.mjs";

if (ensureInstalled()) {
  const { ensureBuilt } = await import("./build.mjs");
  if (ensureBuilt()) await import("../dist/examples/patch-features.js");
  else process.exitCode = 3;
} else {
  process.exitCode = 3;
}
