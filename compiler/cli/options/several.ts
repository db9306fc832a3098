/** What commander calls for each use of an option that may be repeated: all texts so far, in order. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
