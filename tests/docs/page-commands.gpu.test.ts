import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Clone, makeClone } from "../support/house/clone.ts";
import { pages } from "../support/texts/pages.ts";
import {
  commandsOf,
  type PageCommand,
  printsAsWritten,
  runCommand,
  writeFilesOf,
} from "../support/texts/run-document.ts";
import type { CommandResult } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
/** What other tests do: `examples.gpu.test.ts`, this run, `whole-models.test.ts`. */
const testedElsewhere = [/^npm start$/, /^npm test$/, /^npx weft inspect .* --count /];

let clone: Clone | undefined;
beforeAll(() => {
  clone = makeClone();
});
afterEach(() => clone?.clear());
afterAll(() => clone?.remove());

/** The same command on several pages is run once. */
const results = new Map<string, Promise<CommandResult>>();

describe.each(pages.filter((page) => commandsIn(page).length > 0))("%s", (page) => {
  test("does what it says, typed in a clone's folder", { timeout: 400_000 }, async (context) => {
    if (clone === undefined) {
      console.log("skipped: this folder is no clone of the repository");
      return context.skip();
    }
    const { folder } = clone;
    writeFilesOf(textOf(page), folder);
    for (const own of commandsIn(page)) {
      const { command, line, mark, prints } = own;
      const place = `${page}:${line} ${command}`;
      if (testedElsewhere.some((one) => one.test(command)) || isInspected(command)) continue;
      if (mark !== undefined) {
        console.log(`not run, since it ${mark}: ${place}`);
        if (mark === "needs a checkpoint") await expectOnlyCheckpoint(own, folder, place);
        continue;
      }
      const { exitCode, stdout, stderr } = await runOnce(command, folder);
      const output = `${stdout}${stderr}`;
      // A page may show what an error looks like.
      const isError = prints?.startsWith("error[") === true;
      expect(exitCode, `${place}\n${output}`).toBe(isError ? 1 : 0);
      if (prints === undefined || printsAsWritten(output, prints)) continue;
      // Shows both in full; the comparison above is what failed.
      expect(output, place).toBe(prints);
    }
  });
});

/** Whether the command only costs a mode that `models.test.ts` compiles too, with the numbers of its `check.json`. */
function isInspected(command: string): boolean {
  const plain = /^npx weft inspect (models\/\w+)\/(\w+\.weft) --model (\w+) --mode (\w+)$/;
  const [, folder = "", file = "", model = "", mode = ""] = plain.exec(command) ?? [];
  if (folder === "") return false;
  const check = JSON.parse(readFileSync(join(root, folder, "check.json"), "utf8")) as {
    readonly file: string;
    readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return check.file === file && check.models[model]?.[mode] !== undefined;
}

/** Everything else about the command is right: what is missing is told, and it is the checkpoint. */
async function expectOnlyCheckpoint({ command }: PageCommand, folder: string, place: string) {
  const { exitCode, stderr } = await runOnce(command, folder);
  expect(exitCode, `${place}\n${stderr}`).toBe(1);
  expect(stderr, place).toMatch(/^error\[[a-z-]+\]: .*\b(CHECKPOINT|DIR|model\.safetensors)\b/m);
}

function runOnce(command: string, folder: string): Promise<CommandResult> {
  const known = results.get(command) ?? runCommand(command, folder);
  results.set(command, known);
  return known;
}

function commandsIn(page: string): readonly PageCommand[] {
  return commandsOf(textOf(page));
}

function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}
