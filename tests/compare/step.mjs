#!/usr/bin/env node
// What the compiler makes of a step of training: how many dispatches the gradients take, and the whole step with
// clipping and optimizer, and how much memory. Nothing runs on a device.
//
//   node tests/compare/step.mjs [--depth 12] [--json]
//
// With --stages how long it takes to compile that step, and each stage of a tiny InternVL, from text to program.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt, packageRoot } from "../../bin/build.mjs";
import { countOption } from "./count-option.mjs";
import { stageTimes } from "./stage-times.mjs";

ensureBuilt();
const compiler = (path) => import(join(packageRoot, "dist", "compiler", `${path}.js`));
const { diskLoader } = await compiler("api/load/disk-loader");
const { compileStage } = await compiler("compile-stage");
const { profiles } = await import("./profiles.mjs");

const { values: options } = parseArgs({
  options: {
    depth: { type: "string", default: "12" },
    json: { type: "boolean", default: false },
    stages: { type: "boolean", default: false },
  },
});
const depth = countOption("depth", options.depth);
const mebibytes = (bytes) => Math.round(bytes / 2 ** 17) / 8;

const madeSteps = () =>
  Object.entries(profiles).flatMap(([name, profile]) =>
    ["gradients", "train"].map((purpose) => {
      const { artifact, diagnostics } = compileStage({
        entry: "tests/compare/works/train.weft",
        loader: diskLoader(packageRoot),
        stage: "classes",
        purpose,
        profile,
        overrides: [{ path: "depth", value: depth }],
        sizes: { B: 8 },
      });
      if (artifact === undefined)
        throw new Error(diagnostics.map(({ message }) => message).join("\n"));
      const { dispatches, kernels, plan } = artifact.program;
      return {
        profile: name,
        purpose,
        dispatches: dispatches.length,
        kernels: kernels.length,
        arenaMiB: mebibytes(plan.arenaBytes),
        stateMiB: mebibytes(plan.stateBytes),
      };
    }),
  );
const rows = options.stages ? stageTimes(depth) : madeSteps();
if (options.json) console.log(JSON.stringify(rows));
else console.table(rows);
