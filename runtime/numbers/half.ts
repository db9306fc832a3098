/** Bits of an f32 to the bits of the nearest f16, ties to even; what is too large becomes infinite. */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x38800000) {
    // The carry of the rounding runs into the exponent, which is what it should do.
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  const roundsUp = rest > middle || (rest === middle && (kept & 1) === 1);
  return sign | (kept + (roundsUp ? 1 : 0));
}

/** Bits of an f32 to the bits of the nearest bf16, ties to even. */
export function brainBits(bits: number): number {
  const isNan = (bits & 0x7fffffff) > 0x7f800000;
  if (isNan) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Bits of an f16 to the bits of the same number as f32. */
export function wideBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  // A small number of f16 is an ordinary one of f32.
  const lead = Math.clz32(mantissa) - 21;
  return (sign | ((113 - lead) << 23) | (((mantissa << lead) & 0x3ff) << 13)) >>> 0;
}

/** All 65536 halves as f32 bits: a lookup is several times faster than the conversion. */
export function wideBitsTable(): Uint32Array {
  if (table === undefined) {
    table = new Uint32Array(0x10000);
    for (let half = 0; half < 0x10000; half++) table[half] = wideBits(half);
  }
  return table;
}

let table: Uint32Array | undefined;

/** All 65536 bf16 as the bits of the nearest f16, so that neither is widened on the way. */
export function halfOfBrainTable(): Uint16Array {
  if (narrowed === undefined) {
    narrowed = new Uint16Array(0x10000);
    for (let brain = 0; brain < 0x10000; brain++) narrowed[brain] = halfBits((brain << 16) >>> 0);
  }
  return narrowed;
}

let narrowed: Uint16Array | undefined;
