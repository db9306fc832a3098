import { readFileSync } from "node:fs";

/** The numbers of a tensor of a safetensors file, in float64, which the runtime's own reader rounds. */
export function readDoubles(path: string): (name: string) => readonly number[] {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as Readonly<
    Record<string, { readonly dtype: string; readonly data_offsets: readonly [number, number] }>
  >;
  return (name) => {
    const entry = header[name];
    if (entry?.dtype !== "F64") throw new Error(`${path} has no F64 tensor ${name}`);
    const [first, end] = entry.data_offsets;
    const data = bytes.subarray(start + first, start + end);
    return Array.from({ length: data.length / 8 }, (_, n) => data.readDoubleLE(8 * n));
  };
}
