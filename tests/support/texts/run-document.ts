import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, runWeft } from "./run-weft.ts";

/** A fenced block of a Markdown page. */
interface Block {
  readonly language: string;
  /** What follows the language: a file name, or `test`. */
  readonly note: string;
  readonly text: string;
  readonly line: number;
}

export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```(\w+)(?:[ ]+(.*))?\n([\s\S]*?)^```$/gm)) {
    const [, language = "", note = "", text = ""] = match;
    const line = markdown.slice(0, match.index).split("\n").length;
    blocks.push({ language, note: note.trim(), text, line });
  }
  return blocks;
}

/** A command of a page with what the page says that it prints. */
interface DocumentedRun {
  readonly command: string;
  readonly line: number;
  readonly expected: string | undefined;
  readonly result: CommandResult;
}

/**
 * Does what a page tells its reader to do, from top to bottom: writes each `weft NAME` block as a file and
 * runs each line of a `sh test` block. A `text` block right after is what the last of them prints.
 */
export async function runDocument(
  markdown: string,
  folder: string,
): Promise<readonly DocumentedRun[]> {
  const runs: DocumentedRun[] = [];
  const blocks = blocksOf(markdown);
  for (const [index, block] of blocks.entries()) {
    if (block.language === "weft" && block.note !== "")
      writeFileSync(join(folder, block.note), block.text);
    if (block.language !== "sh" || block.note !== "test") continue;
    const following = blocks[index + 1];
    const expected = following?.language === "text" ? following.text : undefined;
    const commands = block.text.trim().split("\n");
    for (const [number, command] of commands.entries()) {
      const words = wordsOf(command);
      if (words[0] !== "weft")
        throw new Error(`line ${block.line}: only weft is run here, not \`${command}\``);
      const result = await runWeft(words.slice(1), folder);
      const isLast = number === commands.length - 1;
      runs.push({ command, line: block.line, expected: isLast ? expected : undefined, result });
    }
  }
  return runs;
}

/** Words as a shell would split them, with double quotes. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
}

/**
 * Whether `output` has all lines of `expected` in their order. A line `...` stands for any others, and
 * `...` in a line for anything there.
 */
export function printsAsWritten(output: string, expected: string): boolean {
  const found = linesOf(output);
  let at = 0;
  let maySkip = true;
  for (const line of linesOf(expected)) {
    if (line.trim() === "...") {
      maySkip = true;
      continue;
    }
    const place = found.findIndex((one, index) => index >= at && matches(one, line));
    if (place < 0 || (!maySkip && place > at)) return false;
    at = place + 1;
    maySkip = false;
  }
  return true;
}

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}

function matches(line: string, pattern: string): boolean {
  const parts = pattern.split("...").map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}
