/** 0 to `count` - 1, for what is spelt out so often. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
