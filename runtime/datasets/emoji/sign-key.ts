/**
 * A sign by its code points: lower-case hexadecimal of at least four digits joined by `-`, without the one that asks for
 * a picture (FE0F), which some lists write and others do not.
 */
export function signKey(sign: string): string {
  const points = [...sign].map((character) =>
    (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0"),
  );
  return plainKey(points.join("-"));
}

/** The same for code points that are written out already. */
export function plainKey(points: string): string {
  return points
    .toLowerCase()
    .split("-")
    .filter((point) => point !== "fe0f")
    .join("-");
}
