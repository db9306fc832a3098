import pc from "picocolors";
import type { Style } from "../api/text/style.ts";

/** What a command may do to the world outside files: two streams, and how texts look there. */
export interface Host {
  /** Results: stdout. */
  readonly result: (text: string) => void;
  /** Texts of people and models, which are results: in a file every character is as it is. */
  readonly text: (text: string) => void;
  /** Everything that is not a result: stderr. */
  readonly say: (text: string) => void;
  /** Whether a person watches stderr. Progress bars and colours only then. */
  readonly isWatched: boolean;
  /** Of results and of talk: they differ when one of the streams is a file. */
  readonly resultStyle: Style;
  readonly style: Style;
  /** Milliseconds by which is told how long something takes; tests let it stand still. */
  readonly now: () => number;
}

/** One of the two streams. */
interface Stream {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly style: Style;
}

/** The one place where texts reach a terminal: what could talk to it is shown instead. */
export function hostOf(
  results: Stream,
  talk: Stream,
  now: Host["now"] = () => performance.now(),
): Host {
  return {
    result: (text) => results.write(harmless(text, results)),
    text: (text) => results.write(results.isTerminal ? harmless(text, results) : text),
    say: (text) => talk.write(harmless(text, talk)),
    isWatched: talk.isTerminal,
    resultStyle: results.style,
    style: talk.style,
    now,
  };
}

export function processHost(): Host {
  const wantsNone = (process.env.NO_COLOR ?? "") !== "";
  const streamOf = (stream: NodeJS.WriteStream): Stream => ({
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    style: {
      colors: pc.createColors(stream.isTTY === true && !wantsNone),
      width: stream.isTTY === true ? stream.columns : undefined,
    },
  });
  return hostOf(streamOf(process.stdout), streamOf(process.stderr));
}

/** Control characters but line ends and tabs as escapes; colours stay where there are any. */
function harmless(text: string, { style }: Stream): string {
  return text.replace(controls, (found) => {
    if (found.length > 1 && style.colors.isColorSupported) return found;
    return [...found]
      .map((character) => (isControl(character) ? escapeOf(character) : character))
      .join("");
  });
}

/** A colour as the palette writes it, or one control character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
const controls = /\u001b\[\d+m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

function isControl(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

function escapeOf(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
