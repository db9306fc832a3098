// ONNX Runtime on the CPU: what the others are compared with. No GPU, and none of their code.
import { prepareOn } from "./ort.mjs";

export const prepare = (work, folder, inputs) => prepareOn("cpu", work, folder, inputs);
