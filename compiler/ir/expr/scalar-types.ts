/** What arithmetic is done in. */
export type ScalarType = "f32" | "i32" | "u32" | "bool";
/**
 * How elements lie in a buffer. Arithmetic is always in a ScalarType; f16 and bf16 are widened at the load.
 * i8 and i4 are quantised weights: whole numbers, read as f32, which a tensor of scales belongs to.
 */
export type StorageType = "f32" | "f16" | "bf16" | "i32" | "u32" | "i8" | "i4";
