/** Who is compared, in the order of the rows; `judge` computes what the errors are measured against. One with `works` has no other. */
export const libraries = [
  { name: "weft", title: "Weft" },
  { name: "jax", title: "jax-js 0.1.25" },
  { name: "tfjs", title: "TensorFlow.js 4.22 (WebGPU)" },
  { name: "ort", title: "ONNX Runtime 1.30 (WebGPU)" },
  { name: "torch", title: "PyTorch (CPU)", works: ["train"] },
  { name: "judge", title: "ONNX Runtime 1.30 (CPU), the judge" },
];

/** Installed on demand into a cache folder; no dependencies of this project. */
export const pinned = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-webgpu": "4.22.0",
  "onnx-proto": "8.0.1",
  "onnxruntime-node": "1.30.0",
};
