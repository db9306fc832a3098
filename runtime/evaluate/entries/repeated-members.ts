// Names that stand twice in one object: a parser keeps the last and says nothing, and data sets have ids as names.

/** The names of the outermost object of a JSON text that occur again, each once. The text must be right. */
export function repeatedMembers(text: string): readonly string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && isName(text, index + token.length)) {
      const name = String(JSON.parse(token));
      if (seen.has(name)) repeated.add(name);
      seen.add(name);
    }
  }
  return [...repeated];
}

/** What stands before a colon is a name, and no value. */
function isName(text: string, end: number): boolean {
  colon.lastIndex = end;
  return colon.test(text);
}
const colon = /\s*:/y;
