import { fault } from "../faults.ts";
import { emptyNumbers, placeOf, type Tensor } from "../tensor.ts";
import { type ElementType, elementTypes, type RawArray, realNumbers } from "./element-types.ts";

/** The elements of a tensor as a file has them, in row-major order. */
export interface StoredNumbers {
  /** The file, and the tensor where it holds several. */
  readonly what: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly raw: RawArray;
}

/**
 * As what a program reads: the element type of the file where none is asked for. Real numbers become the
 * nearest f32; whole numbers and truth values are taken where each is a number of the type, and are never
 * rounded or wrapped. Real numbers become no whole ones.
 *
 * @throws {RuntimeFault} `wrong-element` with the first number that the type lacks.
 */
export function tensorOf(numbers: StoredNumbers, element = nearest(numbers.type)): Tensor {
  const { what, type, shape, raw } = numbers;
  if (elementTypes[type].isReal) {
    if (element === "f32") return { element, shape, data: realNumbers(type, raw) };
    throw fault("wrong-element", { name: what, found: "real numbers", needed: element });
  }
  const taken = emptyNumbers(element, raw.length);
  const isTruth = element === "bool";
  for (let index = 0; index < raw.length; index++) {
    const value = raw[index] ?? 0;
    const number = Number(value);
    taken[index] = number;
    if (!isSame(value, taken[index] ?? 0) || (isTruth && number !== 0 && number !== 1)) {
      const found = `${value} at [${placeOf(index, shape).join(", ")}]`;
      throw fault("wrong-element", { name: what, found, needed: element });
    }
  }
  return { element, shape, data: taken } as Tensor;
}

/** A whole number of 64 bits is compared as it is, not as the float that it would be rounded to. */
function isSame(stored: number | bigint, taken: number): boolean {
  return typeof stored === "bigint" ? BigInt(taken) === stored : taken === stored;
}

/** The type that holds all numbers of a type of files, or those that are met in practice. */
function nearest(type: ElementType): Tensor["element"] {
  if (elementTypes[type].isReal) return "f32";
  if (type === "BOOL") return "bool";
  return type === "U32" || type === "U64" ? "u32" : "i32";
}
