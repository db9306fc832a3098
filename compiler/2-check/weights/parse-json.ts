/** A JSON text as a value, or where it stops being one. */
type ParsedJson =
  | { readonly kind: "json"; readonly value: unknown }
  | {
      readonly kind: "broken";
      /** What stands at the place, in words. */
      readonly found: string;
      /** From 1. */
      readonly line: number;
      readonly column: number;
    };

/**
 * JSON as Python writes it: with a byte order mark or without, and with `NaN`, `Infinity` and `-Infinity`
 * where a number may be. `NaN` is read as `null`: it is the value of nothing.
 */
export function parseJson(text: string): ParsedJson {
  const body = text.replace(/^\uFEFF/, "");
  for (const candidate of [body, asJson(body)]) {
    try {
      return { kind: "json", value: JSON.parse(candidate) };
    } catch {
      // The place is looked for below, since engines say it in words of their own.
    }
  }
  const at = lengthOfSound(body);
  const before = body.slice(0, at).split("\n");
  const [token = "the end"] = /^[\w.+-]+|^\S/.exec(body.slice(at)) ?? [];
  const found = token === "the end" ? token : `\`${token}\``;
  return { kind: "broken", found, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Texts are passed over, so that one may hold these words. No double is as large as 1e999. */
function asJson(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) => {
    if (token.startsWith('"')) return token;
    return token === "NaN" ? "null" : token.replace("Infinity", "1e999");
  });
}

const word =
  /[ \t\r\n]*(?:("(?:[^"\\\n]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|-?\bInfinity\b|\b(?:NaN|true|false|null)\b)|([[\]{},:]))/y;

/** How many characters from the start can begin a JSON text. */
function lengthOfSound(text: string): number {
  const open: string[] = [];
  let wanted: "value" | "key" | "colon" | "comma" = "value";
  let mayClose = false;
  let at = 0;
  for (;;) {
    const end = at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0);
    word.lastIndex = at;
    const [all, string, plain, sign] = word.exec(text) ?? [];
    if (all === undefined) return end;
    const inside = open.at(-1);
    if (wanted === "value" && (sign === "{" || sign === "[")) {
      open.push(sign);
      wanted = sign === "{" ? "key" : "value";
      mayClose = true;
    } else if (mayClose && sign === (inside === "{" ? "}" : "]")) {
      open.pop();
      wanted = "comma";
      mayClose = open.length > 0;
    } else if (wanted === "value" && (string ?? plain) !== undefined) {
      wanted = "comma";
      mayClose = inside !== undefined;
    } else if (wanted === "key" && string !== undefined) {
      wanted = "colon";
      mayClose = false;
    } else if (wanted === "colon" && sign === ":") {
      wanted = "value";
    } else if (wanted === "comma" && sign === "," && inside !== undefined) {
      wanted = inside === "{" ? "key" : "value";
      mayClose = false;
    } else return end;
    at += all.length;
  }
}
