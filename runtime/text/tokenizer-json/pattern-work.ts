/** A pattern with more of them could take longer for a text than anybody waits. */
const mostLoops = 2;
const mostChoices = 8;
const longest = 4096;
/** A bound up to which a repetition is a choice among as many. */
const few = 8;

/** What one of the patterns that stand side by side, or a group in it, may do at a place. */
interface Work {
  /** Repetitions without a bound, or with a large one. */
  loops: number;
  /** Repetitions of few, and patterns that stand side by side. */
  choices: number;
}

/**
 * Why a regular expression from a file is not run, or undefined. Expressions that split text into words repeat single
 * classes of characters; what repeats a repetition, or refers to what was found, may need time that grows without
 * bound, and none of the known tokenizers does that.
 */
export function patternObjection(source: string): string | undefined {
  if (source.length > longest) return "it is too long";
  const groups: Work[] = [];
  let here: Work = { loops: 0, choices: 0 };
  /** What the last atom was, if it was a group. */
  let group: Work | undefined;
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? "";
    if (char === "\\") {
      if (/[1-9kgG]/.test(source[at + 1] ?? "")) return "it refers to what it has found";
      at = escapeEnd(source, at);
      group = undefined;
    } else if (char === "[") {
      at = classEnd(source, at);
      group = undefined;
    } else if (char === "(") {
      groups.push(here);
      here = { loops: 0, choices: 0 };
      const opening = /^\?(?:<?[=!]|[a-z]*:|<\w+>|>)/.exec(source.slice(at + 1));
      at += opening?.[0].length ?? 0;
      group = undefined;
    } else if (char === ")") {
      const outer = groups.pop();
      if (outer === undefined) return "its brackets do not match";
      group = here;
      here = { loops: outer.loops + here.loops, choices: outer.choices + here.choices };
    } else if (char === "|") {
      if (groups.length > 0) here.choices += 1;
      else here = { loops: 0, choices: 0 };
      group = undefined;
    } else {
      const times = /^(?:[*+?]|\{(\d*)(,?)(\d*)\})/.exec(source.slice(at, at + 32));
      if (times !== null) {
        const isExact = char === "{" && times[2] === "";
        const isRepeated = group !== undefined && char !== "?";
        if (isRepeated && group !== undefined && group.loops + group.choices > 0)
          return "it repeats a repetition";
        if (mostOf(char, times) > few) here.loops += 1;
        else if (!isExact || group !== undefined) here.choices += 1;
        at += times[0].length - 1;
        // Lazy and possessive forms take as many.
        if (/[?+]/.test(source[at + 1] ?? "")) at += 1;
      }
      group = undefined;
    }
    if (here.loops > mostLoops || here.choices > mostChoices) return "it repeats too much";
  }
  return groups.length > 0 ? "its brackets do not match" : undefined;
}

/** How often a quantifier repeats at most. */
function mostOf(char: string, [, least = "", comma = "", most = ""]: RegExpExecArray): number {
  if (char === "?") return 1;
  if (char !== "{" || (comma === "," && most === "")) return Number.POSITIVE_INFINITY;
  return Number(most === "" ? least : most);
}

function escapeEnd(source: string, at: number): number {
  const braced = /^\\[pPxu]\{[^}]*\}/.exec(source.slice(at, at + 64));
  return at + (braced === null ? 1 : braced[0].length - 1);
}

/** The `]` that ends the class; classes may stand in one another. */
function classEnd(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") at += 1;
    else if (char === "[") depth += 1;
    else if (char === "]" && --depth === 0) return at;
  }
  return source.length;
}
