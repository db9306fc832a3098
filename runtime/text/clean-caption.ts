/** A caption as the fine-tuning for retrieval reads it: lower case, without marks, at most `words` words. */
export function cleanCaption(text: string, words = 50): string {
  const plain = text
    .toLowerCase()
    .replace(/[.!"()*#:;~]/g, " ")
    .replace(/\s{2,}/g, " ")
    .replace(/\n+$/, "")
    .replace(/^ +| +$/g, "");
  return plain.split(" ").slice(0, words).join(" ");
}
