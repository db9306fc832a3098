import type { InputSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { assertIds } from "../id-ranges.ts";
import { assertInputNames } from "../input-names.ts";
import { withLengths } from "../row-lengths.ts";
import { elementCount, fitsShape, placeOf, shapeText, type Tensor } from "../tensor.ts";
import { type DeviceTensor, isOnDevice } from "./device-tensor.ts";
import type { Executable } from "./executable.ts";
import { encodeTensor } from "./storage.ts";

export type StepInputs = Readonly<Record<string, Tensor | DeviceTensor>>;

/** A tensor on the device that becomes an input before the step runs. */
export interface InputCopy {
  readonly from: DeviceTensor;
  readonly to: number;
}

/** Writes the inputs that the CPU has, and says which are to be copied on the device. */
export function feedInputs(
  executable: Executable,
  specs: readonly InputSpec[],
  given: StepInputs,
): readonly InputCopy[] {
  assertInputNames(specs, given);
  const inputs = withLengths(specs, given);
  const copies: InputCopy[] = [];
  for (const spec of specs) {
    const tensor = inputs[spec.name];
    if (tensor === undefined) continue;
    assertFits(tensor, spec);
    const { storage } = executable.tensor(spec.tensor);
    if (!isOnDevice(tensor)) executable.write(spec.tensor, encodeTensor(tensor, storage));
    else if (tensor.storage === storage) copies.push({ from: tensor, to: spec.tensor });
    else
      throw fault("wrong-element", {
        name: spec.name,
        found: tensor.storage,
        needed: spec.element,
      });
  }
  return copies;
}

export function encodeCopies(
  copies: readonly InputCopy[],
  executable: Executable,
  encoder: GPUCommandEncoder,
): void {
  for (const { from, to } of copies) {
    const target = executable.tensor(to);
    const bytes = executable.copySize(target);
    encoder.copyBufferToBuffer(
      from.buffer,
      from.offset,
      executable.bufferOf(target),
      target.offset,
      bytes,
    );
  }
}

/** Have all of them the shapes that a step was compiled for? */
export function fitInputs(specs: readonly InputSpec[], inputs: StepInputs): boolean {
  return specs.every(({ name, shape }) => {
    const tensor = inputs[name];
    return (
      tensor === undefined ||
      fitsShape(
        tensor.shape,
        shape.map(({ size }) => size),
      )
    );
  });
}

/** @throws {RuntimeFault} where the tensor has another shape or other elements than the input. */
export function assertFits(tensor: Tensor | DeviceTensor, spec: InputSpec): void {
  const needed = spec.shape.map((dimension) => dimension.size);
  const count = isOnDevice(tensor) ? elementCount(tensor.shape) : tensor.data.length;
  if (!fitsShape(tensor.shape, needed) || count !== elementCount(needed)) {
    throw fault("wrong-shape", {
      name: spec.name,
      found: tensor.shape,
      needed: shapeText(spec.shape),
    });
  }
  const isReal = (element: string) => element === "f32";
  if (isReal(tensor.element) !== isReal(spec.element)) {
    throw fault("wrong-element", { name: spec.name, found: tensor.element, needed: spec.element });
  }
  if (isOnDevice(tensor)) return;
  if (tensor.element !== spec.element) assertWithin(tensor, spec);
  assertIds(spec, tensor);
}

/** Whole numbers and truth values stand for each other as long as no number changes. */
function assertWithin({ data, shape }: Tensor, { name, element }: InputSpec): void {
  const [low, high] = element === "u32" ? [0, 4294967295] : [-2147483648, 2147483647];
  const isWithin = (value: number): boolean =>
    element === "bool" ? value === 0 || value === 1 : value >= low && value <= high;
  const index = data.findIndex((value) => !isWithin(value));
  if (index < 0) return;
  const found = `${data[index]} at [${placeOf(index, shape).join(", ")}]`;
  throw fault("wrong-element", { name, found, needed: element });
}
