#!/usr/bin/env node
// How long the compiler takes for a vision encoder together with the gradients of all its parameters, and what
// program comes out. The loss is the sum of the squares of the output; nothing runs on a device.
//
//   node tests/compare/gradients.mjs [--model InternViT_6B] [--batch 1] [--profile portable|software] [--json]
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureBuilt, packageRoot } from "../../bin/build.mjs";
import { countOption } from "./count-option.mjs";

ensureBuilt();
const compiler = (path) => import(join(packageRoot, "dist", "compiler", `${path}.js`));
const { parse } = await compiler("1-parse/parse");
const { checkFiles } = await compiler("2-check/check-files");
const { elaborateMode } = await compiler("2-check/modes/elaborate-mode");
const { reverseMode } = await compiler("3-differentiate/reverse-mode");
const { diskLoader } = await compiler("api/load/disk-loader");
const { DiagnosticSink } = await compiler("diagnostics/sink");
const { portableProfile } = await compiler("ir/device-profile");
const { constant, mul } = await compiler("ops/build/build");
const { sum } = await compiler("ops/build/build-reduction");
const { extentOf } = await compiler("ops/extent");
const { buildProgram } = await compiler("pipeline");

/** Ten tensors in a kernel and bindings of any size: where tensors have to be cut is another question. */
const open = {
  ...portableProfile,
  maxStorageBuffersPerShaderStage: 10,
  maxStorageBufferBindingSize: Number.MAX_SAFE_INTEGER,
  maxBufferSize: Number.MAX_SAFE_INTEGER,
};
const profiles = {
  portable: open,
  software: { ...open, name: "software", subgroupSize: 8, hasF16: true, isSoftware: true },
};

function elaborated(model) {
  const sink = new DiagnosticSink();
  const entries = ["models/internvit/internvit.weft"];
  const checked = checkFiles({ entries, loader: diskLoader(packageRoot), parse, sink });
  const mode = elaborateMode(checked, { model, mode: "forward", overrides: [], sink });
  if (mode === undefined || sink.hasErrors)
    throw new Error(sink.diagnostics.map(({ message }) => message).join("\n"));
  return mode;
}

const parametersOf = ({ stored }) => stored.filter(({ kind }) => kind === "param");

/** The graph with the gradient of each parameter as one more output, in the order of the parameters. */
function withGradients(graph, build) {
  const [{ value: output }] = graph.outputs;
  const { origin, type } = output;
  const loss = sum(build, mul(build, output, output, origin), type.axes, origin);
  const seeds = new Map([[loss, constant(build, 1, loss.type.element, origin)]]);
  const parameters = parametersOf(graph);
  const wanted = parameters.map(({ value }) => value);
  const gradients = reverseMode({ build, seeds, wanted });
  const outputs = parameters.map(({ path, value, dimensions }) => {
    const gradient = gradients.get(value);
    if (gradient === undefined) throw new Error(`the loss does not depend on ${path}`);
    return { name: `gradient of ${path}`, value: gradient, dimensions };
  });
  return { ...graph, outputs: [...graph.outputs, ...outputs] };
}

/** Compiles `model` for a batch on one of the profiles; seconds of this process. */
export function measure({ model, batch, profile: name }) {
  const profile = profiles[name];
  if (profile === undefined) throw new Error(`there is no profile \`${name}\``);
  const { graph, build, sizes } = elaborated(model);
  const extent = extentOf(sizes, new Map(graph.freeAxes.map(({ size }) => [size, batch])));
  const start = performance.now();
  const differentiated = withGradients(graph, build);
  const seconds = (since) => (performance.now() - since) / 1000;
  const reverseSeconds = seconds(start);
  let groupings = 0;
  const built = performance.now();
  const { program } = buildProgram([{ name: "step", graph: differentiated, build, extent }], {
    precision: "f32",
    profile,
    onGrouping: () => {
      groupings += 1;
    },
  });
  return {
    model,
    gradients: parametersOf(graph).length,
    reverseSeconds,
    buildSeconds: seconds(built),
    groupings,
    dispatches: program.dispatches.length,
    kernels: program.kernels.length,
    arenaMiB: program.plan.arenaBytes / 2 ** 20,
    weightMiB: program.plan.weightBytes / 2 ** 20,
  };
}

function main() {
  const { values: options } = parseArgs({
    options: {
      model: { type: "string", default: "InternViT_6B" },
      batch: { type: "string", default: "1" },
      profile: { type: "string", default: "portable" },
      json: { type: "boolean", default: false },
    },
  });
  const batch = countOption("batch", options.batch);
  const result = measure({ ...options, batch });
  if (options.json) console.log(JSON.stringify(result));
  else {
    for (const [name, value] of Object.entries(result))
      console.log(
        `${name.padEnd(16)} ${Number.isInteger(value) ? value : (value.toFixed?.(2) ?? value)}`,
      );
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) main();
