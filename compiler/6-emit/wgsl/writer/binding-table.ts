import type { Packing } from "../../../artifact.ts";
import { InternalError, invariant } from "../../../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../../../ir/device-profile.ts";
import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import type { KernelTensor } from "../../../ir/kernel/kernel-tensor.ts";
import { packedLength } from "../../../ir/kernel/tensor-address.ts";
import type { PackingOf } from "../../../ir/schedule.ts";

/** How the elements of a binding are declared. `pairs`: two 16-bit elements per u32; `words`: four i8 or eight i4. */
export type Layout =
  | "f32"
  | "i32"
  | "u32"
  | "f16"
  | "f16-pairs"
  | "bf16-pairs"
  | "i8-words"
  | "i4-words";

/** A storage binding of the kernel. */
export interface Binding {
  readonly name: string;
  readonly tensor: KernelTensor;
  readonly packing: Packing | undefined;
  readonly layout: Layout;
  /** Declared in groups of four elements, which loads 16 bytes at once. */
  readonly isWide: boolean;
  isWritten: boolean;
}

/**
 * The bindings of one kernel in the order in which its text first uses them. The first printing of the kernel takes it
 * that every tensor that can be is read or written four at a time, and learns which are: where others are declared so,
 * the kernel is printed again.
 */
export class BindingTable {
  readonly #tensors: readonly KernelTensor[];
  readonly #packingOf: PackingOf;
  readonly #profile: DeviceProfile;
  readonly #wide: ReadonlySet<number> | undefined;
  readonly #bindings = new Map<number, Binding>();
  readonly #loadedWide = new Set<number>();
  readonly #storedNarrow = new Set<number>();

  constructor(
    tensors: readonly KernelTensor[],
    packingOf: PackingOf,
    profile: DeviceProfile,
    wide: ReadonlySet<number> | undefined,
  ) {
    this.#tensors = tensors;
    this.#packingOf = packingOf;
    this.#profile = profile;
    this.#wide = wide;
  }

  bindingOf(tensor: number): Binding {
    const known = this.#bindings.get(tensor);
    if (known !== undefined) return known;
    const found = this.#tensors[tensor];
    if (found?.id !== tensor)
      throw new InternalError(`a kernel names tensor ${tensor}, which the program lacks`);
    const packing = this.#packingOf(tensor);
    const layout = this.#layoutOf(found);
    const unit = layout === "i8-words" ? 8 : layout === "i4-words" ? 16 : 4;
    const binding: Binding = {
      name: `t${this.#bindings.size}`,
      tensor: found,
      packing,
      layout,
      isWide:
        this.#wide === undefined
          ? packedLength(found, packing) % unit === 0
          : this.#wide.has(tensor),
      isWritten: false,
    };
    this.#bindings.set(tensor, binding);
    return binding;
  }

  /** The tensor's layout has groups of four, and the text makes use of them. */
  markWide(binding: Binding): void {
    this.#loadedWide.add(binding.tensor.id);
  }

  markStore(binding: Binding, isWide: boolean): void {
    invariant(
      !binding.layout.endsWith("pairs") && !binding.layout.endsWith("words"),
      `a kernel writes ${binding.tensor.name}, whose ${binding.layout} are read-only`,
    );
    binding.isWritten = true;
    if (!isWide) this.#storedNarrow.add(binding.tensor.id);
  }

  /** Tensors for the second printing: used in fours and never stored singly, which would race with a neighbour. */
  get wide(): ReadonlySet<number> {
    return new Set([...this.#loadedWide].filter((tensor) => !this.#storedNarrow.has(tensor)));
  }

  /** Were all of them declared as they turned out to be used? */
  get isSettled(): boolean {
    const { wide } = this;
    return this.bindings.every(({ isWide, tensor }) => isWide === wide.has(tensor.id));
  }

  get bindings(): readonly Binding[] {
    return [...this.#bindings.values()];
  }

  #layoutOf({ storage }: KernelTensor): Layout {
    if (storage === "f16") return this.#profile.hasF16 ? "f16" : "f16-pairs";
    if (storage === "i8" || storage === "i4") return `${storage}-words`;
    return storage === "bf16" ? "bf16-pairs" : storage;
  }
}

export function declarationOf(binding: Binding, place: number): string {
  const access = binding.isWritten ? "read_write" : "read";
  const element = binding.isWide ? wideElements[binding.layout] : narrowElements[binding.layout];
  return `@group(0) @binding(${place}) var<storage, ${access}> ${binding.name}: array<${element}>;`;
}

/** The type that a load of this layout has without a conversion. */
export function naturalType(layout: Layout): ScalarType {
  return layout === "i32" || layout === "u32" ? layout : "f32";
}

const wideElements: Readonly<Record<Layout, string>> = {
  f32: "vec4f",
  i32: "vec4i",
  u32: "vec4u",
  f16: "vec4<f16>",
  "f16-pairs": "vec2u",
  "bf16-pairs": "vec2u",
  // Two and four groups at once: see wordPlace.
  "i8-words": "vec2u",
  "i4-words": "vec2u",
};
const narrowElements: Readonly<Record<Layout, string>> = {
  f32: "f32",
  i32: "i32",
  u32: "u32",
  f16: "f16",
  "f16-pairs": "u32",
  "bf16-pairs": "u32",
  "i8-words": "u32",
  "i4-words": "u32",
};
