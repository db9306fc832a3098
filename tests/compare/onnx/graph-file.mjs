// Writes an ONNX file of a few kinds of nodes. Weights stay where they are, in a safetensors file beside it.
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { requirePeer } from "../peer-packages/require-peer.mjs";
import { readHeader } from "../tensor-files.mjs";

const { onnx } = requirePeer("onnx-proto");
const { ModelProto, TensorProto } = onnx;
const { FLOAT, INT32, INT64 } = TensorProto.DataType;
const elementTypes = { f32: FLOAT, i32: INT32, i64: INT64 };
const arrayTypes = { f32: Float32Array, i64: BigInt64Array };
const microsoft = "com.microsoft";

/** Nodes are added in the order in which they run; every method gives the name of what it makes. */
export class GraphFile {
  #nodes = [];
  #tensors = new Map();
  #inputs = [];
  #outputs = [];
  #stored;
  #weightsFile;

  constructor(weightsFile) {
    this.#weightsFile = weightsFile;
    this.#stored = readHeader(weightsFile);
  }

  has(name) {
    return name in this.#stored;
  }

  /** A tensor of the weights file. */
  weight(name) {
    const { shape, offset, length } = this.#stored[name];
    const place = { location: basename(this.#weightsFile), offset, length };
    this.#tensors.set(name, {
      name,
      dims: shape,
      dataType: FLOAT,
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries(place).map(([key, value]) => ({ key, value: String(value) })),
    });
    return name;
  }

  /** A small tensor of the graph itself: `shape` of `[]` is a scalar. */
  constant(element, shape, values) {
    const numbers = element === "i64" ? values.map(BigInt) : values;
    const { buffer } = arrayTypes[element].from(numbers);
    const name = `${element}_${shape.join("x")}_${this.#tensors.size}`;
    const rawData = new Uint8Array(buffer);
    this.#tensors.set(name, { name, dims: shape, dataType: elementTypes[element], rawData });
    return name;
  }

  input(name, element, shape) {
    this.#inputs.push(valueInfo(name, element, shape));
    return name;
  }

  output(name, element, shape) {
    this.#outputs.push(valueInfo(name, element, shape));
  }

  node(opType, inputs, attributes = {}, count = 1) {
    const stem = `${opType}_${this.#nodes.length}`;
    const names = Array.from({ length: count }, (_, index) => `${stem}_${index}`);
    this.nodeInto(names, opType, inputs, attributes);
    return count === 1 ? names[0] : names;
  }

  nodeInto(outputs, opType, inputs, attributes = {}) {
    const own = { name: `${opType}_${this.#nodes.length}`, opType, input: inputs, output: outputs };
    const domain = opType === "GroupQueryAttention" ? microsoft : "";
    const attribute = Object.entries(attributes).map(attributeOf);
    this.#nodes.push({ ...own, domain, attribute });
  }

  save(folder, name) {
    const graph = {
      name,
      node: this.#nodes,
      initializer: [...this.#tensors.values()],
      input: this.#inputs,
      output: this.#outputs,
    };
    const opsetImport = [
      { domain: "", version: 20 },
      { domain: microsoft, version: 1 },
    ];
    const path = join(folder, `${name}.onnx`);
    const model = ModelProto.create({ irVersion: 9, opsetImport, graph });
    writeFileSync(path, ModelProto.encode(model).finish());
    return path;
  }
}

function valueInfo(name, element, shape) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: elementTypes[element], shape: { dim } } } };
}

const { AttributeType } = onnx.AttributeProto;

/** Whole numbers that stand for a float are written as `{ float: 1 }`. */
function attributeOf([name, value]) {
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: value };
  if (typeof value === "string")
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (typeof value === "number") return { name, type: AttributeType.INT, i: value };
  return { name, type: AttributeType.FLOAT, f: value.float };
}
