import type { InputForm, InputSpec } from "../compiler/artifact.ts";
import { describeValue, kindOf } from "./describe-value.ts";
import { fault } from "./faults.ts";
import type { ImageSource } from "./images/decode-image.ts";
import { readImages } from "./images/read-images.ts";
import type { InputValue, NumberArray } from "./input-value.ts";
import { fitted, peekInput, readInput } from "./inputs.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import type { TokenizerSource } from "./text/load-tokenizer.ts";
import { takesText } from "./text/read-texts.ts";
import type { ElementType, RawArray } from "./weights/element-types.ts";
import { tensorOf } from "./weights/stored-numbers.ts";

/** What a value is for its input, before anything is read. */
type Given =
  | { readonly kind: "named"; readonly text: string }
  | { readonly kind: "images"; readonly sources: readonly ImageSource[] }
  | {
      readonly kind: "numbers";
      readonly data: NumberArray;
      readonly shape: Shape | undefined;
      readonly lengths: readonly number[] | undefined;
    };

type Shape = readonly number[];

/**
 * A value of the library's as the tensor that the input needs, in its shape.
 *
 * @throws {RuntimeFault} `value-unusable` where it is of no kind that the input takes, `wrong-shape`,
 * `wrong-element`, or what is wrong with the file that it names.
 */
export async function takeInput(
  spec: InputSpec,
  value: InputValue,
  tokenizer: TokenizerSource | undefined,
  onNote?: (note: string) => void,
): Promise<Tensor> {
  const given = givenFor(spec, value);
  switch (given.kind) {
    case "named":
      return readInput(spec, given.text, tokenizer, onNote);
    case "images":
      return fitted(await readImages(given.sources, spec), spec);
    case "numbers":
      return numbersFor(spec, given.data, given.shape, given.lengths);
  }
}

/** The shape of a value as far as it decides sizes; numbers without a shape have that of their input. */
export function peekGiven(
  spec: InputForm,
  value: InputValue,
  tokenizer: TokenizerSource | undefined,
): ReturnType<typeof peekInput> {
  const given = givenFor(spec, value);
  switch (given.kind) {
    case "named":
      return peekInput(spec, given.text, tokenizer);
    case "images":
      return { batch: given.sources.length };
    case "numbers":
      return given.shape && { shape: given.shape };
  }
}

/** Whether these are numbers alone, whose shape somebody else knows. */
export function isNumberArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && Object.hasOwn(elementOf, kindOf(value));
}

function givenFor(spec: InputForm, value: InputValue): Given {
  // Types may be wrong where a program is not checked: from here on they are what they are found to be.
  const found: unknown = value;
  if (typeof found === "string") return { kind: "named", text: found };
  const readsImages = spec.reader?.name === "image";
  if (readsImages && isEncodedImage(found)) return { kind: "images", sources: [found] };
  if (isNumberArray(found))
    return { kind: "numbers", data: found, shape: undefined, lengths: undefined };
  if (Array.isArray(found) && found.length > 0) {
    const isNames = found.every((one) => typeof one === "string");
    // JSON is how the command line tells several texts from one.
    if (isNames && takesText(spec)) return { kind: "named", text: JSON.stringify(found) };
    if (readsImages && found.every((one) => typeof one === "string" || isEncodedImage(one)))
      return { kind: "images", sources: found };
  }
  if (isShaped(found)) return { kind: "numbers", ...found };
  throw fault("value-unusable", {
    name: spec.name,
    given: describeValue(found),
    takes: takes(spec),
  });
}

function numbersFor(
  spec: InputSpec,
  data: NumberArray,
  shape: Shape | undefined,
  lengths: Tensor["lengths"],
): Tensor {
  const { name, element } = spec;
  const needed = spec.shape.map(({ size }) => size);
  const own = shape ?? (data.length === elementCount(needed) ? needed : [data.length]);
  if (elementCount(own) !== data.length) {
    const given = `${data.length} numbers with the shape [${own.join(", ")}]`;
    throw fault("value-unusable", { name, given, takes: takes(spec) });
  }
  const type = elementOf[kindOf(data)];
  if (type === undefined)
    throw fault("value-unusable", { name, given: describeValue(data), takes: takes(spec) });
  // The bytes of clamped numbers are those of others.
  const raw: RawArray =
    data instanceof Uint8ClampedArray
      ? new Uint8Array(data.buffer, data.byteOffset, data.length)
      : data;
  return fitted({ ...tensorOf({ what: name, type, shape: own, raw }, element), lengths }, spec);
}

/** By the name that an array has in every realm. */
const elementOf: Readonly<Record<string, ElementType>> = {
  Float32Array: "F32",
  Float64Array: "F64",
  Int8Array: "I8",
  Uint8Array: "U8",
  Uint8ClampedArray: "U8",
  Int16Array: "I16",
  Uint16Array: "U16",
  Int32Array: "I32",
  Uint32Array: "U32",
  BigInt64Array: "I64",
  BigUint64Array: "U64",
};

export function isEncodedImage(value: unknown): value is ArrayBuffer | Uint8Array {
  if (typeof value !== "object" || value === null) return false;
  return kindOf(value) === "ArrayBuffer" || kindOf(value) === "Uint8Array";
}

function isShaped(
  value: unknown,
): value is { shape: Shape; data: NumberArray; lengths: readonly number[] | undefined } {
  if (typeof value !== "object" || value === null) return false;
  const { shape, data, lengths } = value as Record<string, unknown>;
  return isSizes(shape) && isNumberArray(data) && (lengths === undefined || isSizes(lengths));
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function takes(spec: InputForm): string {
  const { element, reader } = spec;
  const numbers = element === "f32" ? "a Float32Array" : "an Int32Array";
  const further =
    reader?.name === "image"
      ? ", an image file or its bytes"
      : takesText(spec)
        ? ", text or a list of texts"
        : "";
  return `${numbers} or other typed array, { data, shape }${further}, or the name of a .npy file or FILE.safetensors:tensor`;
}
