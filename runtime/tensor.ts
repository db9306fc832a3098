/**
 * A value on the CPU side, row-major. Real numbers are f32 whatever they are stored as on the device;
 * `bool` holds 0 and 1.
 */
export type Tensor =
  | (Shaped & { readonly element: "f32"; readonly data: Float32Array })
  | (Shaped & { readonly element: "i32" | "bool"; readonly data: Int32Array })
  | (Shaped & { readonly element: "u32"; readonly data: Uint32Array });

interface Shaped {
  readonly shape: readonly number[];
  /**
   * Of rows that are padded on the right, how many elements each has of its own: one number for each
   * position of the dimensions but the last, row-major. A mode takes them by `from length(of: ..)`.
   */
  readonly lengths?: readonly number[] | undefined;
}

/** Real numbers of a tensor, row-major. */
export type RealTensor = Extract<Tensor, { readonly element: "f32" }>;
/** Whole numbers from 0 to 2^32 - 1, row-major. */
export type UnsignedTensor = Extract<Tensor, { readonly element: "u32" }>;
/** Whole numbers or truth values (0 and 1) of a tensor, row-major. */
export type IntegerTensor = Exclude<Tensor, RealTensor | UnsignedTensor>;

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Zeros of an element type. */
export function emptyNumbers(element: Tensor["element"], count: number): Tensor["data"] {
  if (element === "f32") return new Float32Array(count);
  return element === "u32" ? new Uint32Array(count) : new Int32Array(count);
}

/** The position along each dimension of element number `index`, row-major. */
export function placeOf(index: number, shape: readonly number[]): readonly number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

/** Equal, apart from leading dimensions of size 1 that one side leaves out. */
export function fitsShape(found: readonly number[], needed: readonly number[]): boolean {
  const bare = withoutLeadingOnes(found);
  const wanted = withoutLeadingOnes(needed);
  return bare.length === wanted.length && bare.every((size, index) => size === wanted[index]);
}

/** `[B = 1, Rgb = 3, Y = 224, X = 224]` */
export function shapeText(
  shape: readonly { readonly name: string; readonly size: number }[],
): string {
  return `[${shape.map(({ name, size }) => (name === "" ? String(size) : `${name} = ${size}`)).join(", ")}]`;
}

function withoutLeadingOnes(shape: readonly number[]): readonly number[] {
  const first = shape.findIndex((size) => size !== 1);
  return first === -1 ? [] : shape.slice(first);
}
