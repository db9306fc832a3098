// Weft: one call of `load`, and for decoding a session that is called step by step.
import { join } from "node:path";
import { compileFile } from "../../../dist/compiler/api/compile-file.js";
import { compileStageFile } from "../../../dist/compiler/api/compile-stage-file.js";
import { load } from "../../../dist/compiler/api/library.js";
import { deviceProfile } from "../../../dist/runtime/device/device-profile.js";
import { openDevice } from "../../../dist/runtime/device/open-device.js";
import { Session } from "../../../dist/runtime/session.js";
import { generate } from "../generate.mjs";
import { countCalls } from "../peer-packages/dawn-for-peers.mjs";
import { outIn, readTensors } from "../tensor-files.mjs";
import { trainer } from "../works/train.mjs";

const programs = {
  gemm: { model: "Gemm", mode: "product" },
  block: { model: "OneBlock", mode: "forward" },
  vit: { model: "Vit", mode: "classify", sizes: { B: 8 } },
  decode: { model: "Decoder", mode: "greedy" },
  train: { stage: "classes", sizes: { B: 8 } },
};

export function prepare(work, folder, inputs) {
  countCalls();
  const request = {
    ...programs[work.name],
    file: new URL(`../works/${work.name}.weft`, import.meta.url),
    weights: join(folder, outIn),
  };
  if (work.name === "decode") return decoder(request, work);
  return work.name === "train" ? training(request, work, inputs) : forwardPass(request, inputs);
}

async function forwardPass(request, inputs) {
  const mode = await load(request);
  const given = readTensors(inputs, (_, tensor) => ({ element: "f32", ...tensor }));
  let last;
  return {
    adapter: mode.device.name,
    // Reads the result back in every run, which jax-js and TensorFlow.js are spared.
    async run() {
      [last] = Object.values(await mode.run(given));
    },
    result: async () => last.data,
  };
}

async function decoder(request, { sizes }) {
  const device = await openDevice({ select: "auto" });
  const { artifact, diagnostics } = compileFile(request, deviceProfile(device));
  if (artifact === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const session = await Session.create(artifact, device, request.weights);
  let logits;
  const generation = generate(sizes, {
    begin: () => session.resetStates(),
    async step(token, position) {
      const isLast = position === sizes.tokens - 1;
      const inputs = { token: { element: "i32", shape: [1], data: Int32Array.of(token) } };
      const read = isLast ? ["next", "logits"] : ["next"];
      const outputs = await session.step("decode", inputs, { read });
      logits = outputs.logits?.data;
      return outputs.next.data[0];
    },
    logits: () => logits,
  });
  return { adapter: device.name, ...generation };
}

/** The loss is read back in every step, as the others have to. */
async function training(request, work, inputs) {
  const device = await openDevice({ select: "auto" });
  const { artifact } = compileStageFile(request, {
    profile: deviceProfile(device),
    purpose: "train",
  });
  const session = await Session.create(artifact, device, request.weights);
  const given = readTensors(inputs, (_, tensor) => ({ element: "f32", ...tensor }));
  const data = Int32Array.from(work.labels);
  const record = { ...given, labels: { element: "i32", shape: [data.length], data } };
  const step = async () => {
    const { loss } = await session.step("step", record, { read: ["loss"] });
    return loss.data[0];
  };
  return { adapter: device.name, ...trainer(work, step) };
}
