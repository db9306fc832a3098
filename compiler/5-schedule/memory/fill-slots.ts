import type { WeightPart } from "../kernel-program/weight-parts.ts";

/** Where groups lie that take turns in two slots. */
export interface SlotPlaces {
  /** One for each slot, more where a buffer cannot be as large. */
  readonly buffers: readonly { readonly slot: number; readonly bytes: number }[];
  /** By number in `buffers`. */
  readonly places: readonly {
    readonly tensor: number;
    readonly buffer: number;
    readonly offset: number;
  }[];
}

/** Group n lies in slot n mod 2, its tensors one after the other from the slot's beginning on. */
export function fillSlots(
  groups: readonly WeightPart[],
  bytesOf: (tensor: number) => number,
  maxBufferSize: number,
): SlotPlaces {
  const buffers: { slot: number; bytes: number }[] = [];
  const places: SlotPlaces["places"][number][] = [];
  /** Number of the nth buffer of a slot. */
  const bufferOf = (slot: number, n: number): number => {
    const own = buffers.flatMap((buffer, number) => (buffer.slot === slot ? [number] : []));
    const known = own[n];
    return known ?? buffers.push({ slot, bytes: 0 }) - 1;
  };
  groups.forEach(({ tensors }, group) => {
    const slot = group % 2;
    let [nth, offset] = [0, 0];
    for (const tensor of tensors) {
      const bytes = bytesOf(tensor);
      if (offset > 0 && offset + bytes > maxBufferSize) [nth, offset] = [nth + 1, 0];
      const number = bufferOf(slot, nth);
      places.push({ tensor, buffer: number, offset });
      offset += bytes;
      const buffer = buffers[number];
      if (buffer !== undefined) buffer.bytes = Math.max(buffer.bytes, offset);
    }
  });
  return { buffers, places };
}
