// ONNX Runtime's WebGPU provider for Node, which has a Dawn of its own inside.
import { CannotDo } from "../cannot-do.mjs";
import { generate } from "../generate.mjs";
import { writeOnnx } from "../onnx/graphs.mjs";
import { requirePeer } from "../peer-packages/require-peer.mjs";
import { readTensors } from "../tensor-files.mjs";

const ort = requirePeer("onnxruntime-node");

export const prepare = (work, folder, inputs) => prepareOn("webgpu", work, folder, inputs);

export async function prepareOn(provider, work, folder, inputs) {
  if (work.name === "train") throw new CannotDo("its package for Node cannot train");
  const path = writeOnnx(work, folder);
  // A cache that came back to the CPU after each token would be copied twice.
  const staying = provider === "webgpu" && work.name === "decode" ? cacheOutputs(work.sizes) : [];
  const open = (logSeverityLevel) =>
    ort.InferenceSession.create(path, {
      executionProviders: [provider],
      logSeverityLevel,
      intraOpNumThreads: 2,
      preferredOutputLocation: Object.fromEntries(staying.map((name) => [name, "gpu-buffer"])),
    });
  const given = readTensors(inputs, (_, { shape, data }) => new ort.Tensor("float32", data, shape));
  const start = (session) =>
    work.name === "decode" ? decoder(session, work.sizes) : forwardPass(session, given);
  const session = await open(quiet);
  const logRun = async () => {
    await session.release();
    const logged = start(await open(talkative));
    await logged.run(); // What is packed once is packed here.
    console.error("counted run begins");
    await logged.run();
    console.error("counted run ends");
  };
  const own = start(session);
  return { adapter: undefined, ...own, ...(provider === "webgpu" ? { logRun } : {}) };
}

const quiet = 3;
/** The log names every dispatch. */
const talkative = 1;

function forwardPass(session, given) {
  let last;
  return {
    async run() {
      last = (await session.run(given)).output;
    },
    result: async () => last.data,
  };
}

const cacheNames = ({ depth }) =>
  Array.from({ length: depth }, (_, i) => [`keys.${i}`, `values.${i}`]).flat();
const cacheOutputs = (sizes) => cacheNames(sizes).map((name) => `new_${name}`);

/** Keys and values are outputs of a step and inputs of the next. */
function decoder(session, sizes) {
  const { width, heads, slots } = sizes;
  const shape = [1, heads, slots, width / heads];
  const empty = () => new ort.Tensor("float32", new Float32Array(slots * width), shape);
  let [cache, last] = [{}, undefined];
  const forget = () => {
    for (const tensor of Object.values(cache)) tensor.dispose();
  };
  return generate(sizes, {
    begin() {
      forget();
      cache = Object.fromEntries(cacheNames(sizes).map((name) => [name, empty()]));
    },
    async step(token, position) {
      const inputs = {
        token: new ort.Tensor("int64", BigInt64Array.of(BigInt(token)), [1, 1]),
        position: new ort.Tensor("int32", Int32Array.of(position), [1]),
        length: new ort.Tensor("int32", Int32Array.of(position + 1), []),
      };
      last = await session.run({ ...inputs, ...cache });
      forget();
      cache = Object.fromEntries(cacheNames(sizes).map((name) => [name, last[`new_${name}`]]));
      return last.next.data[0];
    },
    logits: () => last.logits.data,
  });
}
