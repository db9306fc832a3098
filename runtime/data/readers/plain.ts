import { fault } from "../../faults.ts";
import { InternalError } from "../../internal-error.ts";
import { elementCount, type Tensor } from "../../tensor.ts";
import type { DataReader } from "../reader.ts";

/** An input without a reader: the numbers that the data has under its name. */
export const plainReader: DataReader = {
  columns: () => [],
  misfit: () => undefined,
  read({ input, record }) {
    const { name, element, shape } = input;
    const tensor = record.arrays[name] ?? labelTensor(name, record.columns.label);
    if (tensor === undefined) throw new InternalError(`${name} was not looked for`);
    const isSame = tensor.data.length === elementCount(shape);
    const isTaken = tensor.element === element || (element === "f32" && tensor.element !== "bool");
    if (isSame && isTaken)
      return { data: element === "f32" ? Float32Array.from(tensor.data) : tensor.data };
    const found = `${tensor.element} [${tensor.shape.join(", ")}]`;
    const reason = `\`${name}\` is ${found}, and the input ${element} [${shape.join(", ")}]`;
    throw fault("reader-input", { input: name, reader: "its column", reason });
  },
};

function labelTensor(name: string, label: number | undefined): Tensor | undefined {
  if (name !== "label" || label === undefined) return undefined;
  return { element: "i32", shape: [], data: Int32Array.of(label) };
}
