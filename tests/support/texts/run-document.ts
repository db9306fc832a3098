import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CommandResult, runWeft } from "./run-weft.ts";

/** A fenced block of a Markdown page. */
interface Block {
  readonly language: string;
  /** What follows the language: a file name. */
  readonly note: string;
  readonly text: string;
  readonly line: number;
}

export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```(\w*)(?:[ ]+(.*))?\n([\s\S]*?)^```$/gm)) {
    const [, language = "", note = "", text = ""] = match;
    const line = markdown.slice(0, match.index).split("\n").length;
    blocks.push({ language, note: note.trim(), text, line });
  }
  return blocks;
}

/** A command of a page with what the page says of it. */
export interface PageCommand {
  readonly command: string;
  readonly line: number;
  /** What a comment above it in its block says: `needs a checkpoint`, `takes minutes`. Not every reader can run it. */
  readonly mark: string | undefined;
  /** What the page says that it prints: the `text` block behind its own, or a comment at its end. */
  readonly prints: string | undefined;
}

/** What a page tells its reader to type, from top to bottom: the lines of its `sh` blocks. */
export function commandsOf(markdown: string): readonly PageCommand[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap((block, index) => {
    if (block.language !== "sh") return [];
    const following = blocks[index + 1];
    const shown = following?.language === "text" ? following.text : undefined;
    const lines = block.text
      .replaceAll(/ *\\\n */g, " ")
      .trim()
      .split("\n");
    let mark: string | undefined;
    return lines.flatMap((line, number): readonly PageCommand[] => {
      if (line.startsWith("#")) {
        mark = line.slice(1).trim();
        return [];
      }
      const [, command = line, remark] = /^(.*?) +# +(.*)$/.exec(line) ?? [];
      const prints = number === lines.length - 1 ? shown : undefined;
      return [{ command, line: block.line, mark, prints: prints ?? (remark && `...${remark}...`) }];
    });
  });
}

/** Writes the page's `weft NAME` and `json NAME` blocks as files; a name may have folders before it. */
export function writeFilesOf(markdown: string, folder: string): void {
  for (const { language, note, text } of blocksOf(markdown))
    if (["weft", "json"].includes(language) && note !== "") {
      mkdirSync(dirname(join(folder, note)), { recursive: true });
      writeFileSync(join(folder, note), text);
    }
}

/** Runs `npx weft ...` in this process, as if typed in `folder`; all else, such as pipes, in a shell there. */
export async function runCommand(command: string, folder: string): Promise<CommandResult> {
  const words = wordsOf(command);
  if (words[0] === "npx" && words[1] === "weft") return runWeft(words.slice(2), folder);
  const result = spawnSync("bash", ["-c", command], { cwd: folder, encoding: "utf8" });
  const { stdout, stderr, status } = result;
  return { stdout, stderr, exitCode: (status ?? 3) as CommandResult["exitCode"] };
}

/** Words as a shell would split them, with quotes. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => {
      return double ?? single ?? "";
    }),
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
