import type { InputSpec } from "../compiler/artifact.ts";
import { type DeviceTensor, isOnDevice } from "./execute/device-tensor.ts";
import { fault } from "./faults.ts";
import { elementCount, placeOf, type Tensor } from "./tensor.ts";

type Inputs = Readonly<Record<string, Tensor | DeviceTensor>>;

/** Inputs that nobody need give: `from length(of: "ids")` is what the rows of another input are long. */
export function isCounted({ reader }: Pick<InputSpec, "reader">): boolean {
  return reader?.name === "length";
}

/** The inputs of a step with the lengths that were not given, each counted in the input that it is of. */
export function withLengths(specs: readonly InputSpec[], inputs: Inputs): Inputs {
  const counted: Record<string, Tensor> = {};
  for (const spec of specs.filter(isCounted)) {
    const rows = specs.find(({ name }) => name === spec.reader?.args.of);
    const given = inputs[spec.name];
    if (rows === undefined) continue;
    const lengths = given ?? countedIn(spec, rows, inputs[rows.name]);
    if (lengths === undefined || isOnDevice(lengths)) continue;
    assertLengths(spec, rows, lengths);
    counted[spec.name] = lengths;
  }
  return { ...inputs, ...counted };
}

/**
 * How long the rows of a tensor are without their padding. Text knows it, and a tensor may say it
 * (`lengths`). Bare ids do not: there, zeros at the end of a row are padding where the rows are padded to a
 * length that the reader names, or to the longest of them. No row is padded where all of them end in zeros
 * and nothing names a length; zeros within a row are ids like others.
 */
export function lengthsOf(
  { reader, shape }: Pick<InputSpec, "reader" | "shape">,
  { data, lengths }: Tensor,
): readonly number[] {
  const width = shape.at(-1)?.size ?? 1;
  const rows = elementCount(shape.slice(0, -1).map(({ size }) => size));
  if (lengths !== undefined) return lengths;
  const used = Array.from({ length: rows }, (_, row) => {
    const own = data.subarray(row * width, (row + 1) * width);
    return own.findLastIndex((id) => id !== 0) + 1;
  });
  const isPadded = reader?.args.length !== undefined || used.includes(width);
  return isPadded ? used : used.map(() => width);
}

/** What to say where zeros of bare ids are taken for padding: it was guessed. */
export function paddingNotes(
  specs: readonly InputSpec[],
  inputs: Readonly<Record<string, Tensor>>,
): readonly string[] {
  return specs.filter(isCounted).flatMap(({ name, reader }) => {
    const rows = specs.find((spec) => spec.name === reader?.args.of);
    const tensor = rows && inputs[rows.name];
    const isKnown = inputs[name] !== undefined || tensor?.lengths !== undefined;
    if (rows === undefined || tensor === undefined || isKnown) return [];
    const width = rows.shape.at(-1)?.size ?? 1;
    const short = lengthsOf(rows, tensor).filter((length) => length < width).length;
    if (short === 0) return [];
    const found = short === 1 ? "a row ends" : `${short} rows end`;
    return [
      `\`${rows.name}\`: ${found} in zeros, taken for padding; \`--in ${name}=\` says otherwise`,
    ];
  });
}

function countedIn(
  { shape }: InputSpec,
  rows: InputSpec,
  tensor: Tensor | DeviceTensor | undefined,
): Tensor | undefined {
  // What lies on the device cannot be looked at here, so its lengths have to be given.
  if (tensor === undefined || isOnDevice(tensor)) return undefined;
  const data = Int32Array.from(lengthsOf(rows, tensor));
  return { element: "i32", shape: shape.map(({ size }) => size), data };
}

function assertLengths(spec: InputSpec, rows: InputSpec, { data, shape }: Tensor): void {
  const places = rows.shape.at(-1)?.size ?? 1;
  const wrong = data.findIndex((length) => !(length >= 0 && length <= places));
  if (wrong < 0) return;
  throw fault("length-outside", {
    name: spec.name,
    length: data[wrong] ?? 0,
    place: placeOf(wrong, shape),
    of: rows.name,
    places,
  });
}
