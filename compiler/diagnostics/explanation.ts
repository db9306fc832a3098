/** The Markdown of `weft explain`: why the rule is there, then one wrong and one right example. */
export function explanation(
  why: readonly string[],
  wrong: string,
  right: string,
  language: "weft" | "sh" = "weft",
): string {
  const block = (source: string): string => `\`\`\`${language}\n${source.trim()}\n\`\`\``;
  return `${why.join("\n")}\n\nWrong:\n\n${block(wrong)}\n\nRight:\n\n${block(right)}\n`;
}
