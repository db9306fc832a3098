/** `encode_image_c` as a part of TypeScript names: `EncodeImageC`. */
export function typeName(name: string): string {
  const words = name.split("_").filter((word) => word !== "");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
