import pc from "picocolors";
import type { Colors } from "../api/text/colors.ts";

/** What a command may do to the world outside files: two streams, colours. */
export interface Host {
  /** Results: stdout. */
  readonly result: (text: string) => void;
  /** Everything that is not a result: stderr. */
  readonly say: (text: string) => void;
  /** Whether a person watches stderr. Progress bars and colours only then. */
  readonly isWatched: boolean;
  /** Colours for results and for talk: they differ when one of the streams is a file. */
  readonly resultColors: Colors;
  readonly colors: Colors;
}

export function processHost(): Host {
  const wantsNone = (process.env.NO_COLOR ?? "") !== "";
  return {
    result: (text) => void process.stdout.write(text),
    say: (text) => void process.stderr.write(text),
    isWatched: process.stderr.isTTY === true,
    resultColors: pc.createColors(process.stdout.isTTY === true && !wantsNone),
    colors: pc.createColors(process.stderr.isTTY === true && !wantsNone),
  };
}
