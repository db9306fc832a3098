import { wideBitsTable } from "../numbers/half.ts";

/** Element types of a safetensors file that are read. */
export const elementTypes = {
  F64: { bytes: 8, isReal: true },
  F32: { bytes: 4, isReal: true },
  F16: { bytes: 2, isReal: true },
  BF16: { bytes: 2, isReal: true },
  I64: { bytes: 8, isReal: false },
  U64: { bytes: 8, isReal: false },
  I32: { bytes: 4, isReal: false },
  U32: { bytes: 4, isReal: false },
  I16: { bytes: 2, isReal: false },
  U16: { bytes: 2, isReal: false },
  I8: { bytes: 1, isReal: false },
  U8: { bytes: 1, isReal: false },
  BOOL: { bytes: 1, isReal: false },
} as const;

export type ElementType = keyof typeof elementTypes;

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementTypes, name);
}

/** The array that holds such elements as they lie in the file; numbers are little-endian there and here. */
export function rawArray(type: ElementType, bytes: Uint8Array): RawArray {
  const { buffer, byteOffset } = bytes;
  const count = bytes.byteLength / elementTypes[type].bytes;
  switch (type) {
    case "F64":
      return new Float64Array(buffer, byteOffset, count);
    case "F32":
      return new Float32Array(buffer, byteOffset, count);
    case "F16":
    case "BF16":
    case "U16":
      return new Uint16Array(buffer, byteOffset, count);
    case "I64":
      return new BigInt64Array(buffer, byteOffset, count);
    case "U64":
      return new BigUint64Array(buffer, byteOffset, count);
    case "U32":
      return new Uint32Array(buffer, byteOffset, count);
    case "I32":
      return new Int32Array(buffer, byteOffset, count);
    case "I16":
      return new Int16Array(buffer, byteOffset, count);
    case "I8":
      return new Int8Array(buffer, byteOffset, count);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer, byteOffset, count);
  }
}

export type RawArray =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | BigUint64Array
  | Uint32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** Elements as f32: exact for what f32 holds, else the nearest. */
export function realNumbers(type: ElementType, raw: RawArray): Float32Array {
  if (raw instanceof Float32Array) return raw;
  const numbers = new Float32Array(raw.length);
  if (type === "F16") {
    const bits = new Uint32Array(numbers.buffer);
    const wide = wideBitsTable();
    for (let index = 0; index < bits.length; index++) bits[index] = wide[Number(raw[index])] ?? 0;
  } else if (type === "BF16") {
    const bits = new Uint32Array(numbers.buffer);
    for (let index = 0; index < bits.length; index++) bits[index] = Number(raw[index]) << 16;
  } else {
    for (let index = 0; index < numbers.length; index++) numbers[index] = Number(raw[index]);
  }
  return numbers;
}

/** Elements as 32-bit whole numbers; undefined where one does not fit, or the type holds real numbers. */
export function wholeNumbers(
  type: ElementType,
  raw: RawArray,
  isUnsigned = false,
): Int32Array | Uint32Array | undefined {
  if (elementTypes[type].isReal) return undefined;
  if (isUnsigned && raw instanceof Uint32Array) return raw;
  if (!isUnsigned && raw instanceof Int32Array) return raw;
  const numbers = isUnsigned ? new Uint32Array(raw.length) : new Int32Array(raw.length);
  for (let index = 0; index < numbers.length; index++) {
    const value = Number(raw[index]);
    numbers[index] = value;
    if (value !== numbers[index]) return undefined;
  }
  return numbers;
}
