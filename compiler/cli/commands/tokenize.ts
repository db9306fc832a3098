import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { fault } from "../../../runtime/faults.ts";
import { fileFault } from "../../../runtime/files/read-bytes.ts";
import { loadTokenizer } from "../../../runtime/text/load-tokenizer.ts";
import type { Tokenizer } from "../../../runtime/text/tokenizer.ts";
import type { Host } from "../host.ts";
import { specialTokensOption } from "../options/mode-options.ts";
import { readLines } from "../options/read-lines.ts";
import { jsonText } from "../report/write-json.ts";

interface TokenizeOptions {
  readonly tokenizer: string;
  readonly bos?: boolean;
  readonly eos?: boolean;
  readonly specialTokens?: boolean;
  readonly decode?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("[file]", "what to read; without it, stdin")
    .requiredOption(
      "--tokenizer <file>",
      "a SentencePiece model, a tokenizer.json, or a folder with one",
    )
    .option("--bos", "start every text with <s>")
    .option("--eos", "end every text with </s>")
    .option(...specialTokensOption)
    .option("--decode", "from ids back to text")
    .option("--json", "an array of strings (of arrays of ids, to decode) instead of lines")
    .action((file: string | undefined, options: TokenizeOptions) => tokenize(file, options, host));
}

async function tokenize(
  file: string | undefined,
  options: TokenizeOptions,
  host: Host,
): Promise<void> {
  const tokenizer = loadTokenizer(options.tokenizer, options);
  const chunks: AsyncIterable<Uint8Array> =
    file === undefined ? process.stdin : createReadStream(file);
  try {
    if (options.json === true) await convertDocument(chunks, tokenizer, options, host);
    else await convertLines(chunks, tokenizer, options, host);
  } catch (error) {
    const isOfFile = file !== undefined && error instanceof Error && "syscall" in error;
    throw isOfFile ? fileFault(file, error) : error;
  }
}

/** Line by line, however much there is. */
async function convertLines(
  chunks: AsyncIterable<Uint8Array>,
  tokenizer: Tokenizer,
  options: TokenizeOptions,
  host: Host,
): Promise<void> {
  let number = 0;
  for await (const line of readLines(chunks)) {
    number += 1;
    const converted =
      options.decode === true
        ? tokenizer.decode(idsIn(line, number))
        : tokenizer.encode(line, options).join(" ");
    host.text(`${converted}\n`);
  }
}

function idsIn(line: string, number: number): readonly number[] {
  const words = line.split(/[\s,]+/).filter((word) => word !== "");
  const wrong = words.find((word) => !/^\d+$/.test(word));
  if (wrong !== undefined)
    throw fault("not-tokens", {
      what: `\`${wrong}\` in line ${number}`,
      needed: "the id of a token",
    });
  return words.map(Number);
}

async function convertDocument(
  chunks: AsyncIterable<Uint8Array>,
  tokenizer: Tokenizer,
  options: TokenizeOptions,
  host: Host,
): Promise<void> {
  const items = parsed(await wholeText(chunks));
  const converted =
    options.decode === true
      ? allOf(items, isIds, "an array of arrays of ids").map((ids) => tokenizer.decode(ids))
      : allOf(items, isText, "an array of strings").map((text) => tokenizer.encode(text, options));
  const lines = converted.map((item) => `  ${jsonText(item)}`);
  host.result(lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`);
}

async function wholeText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new TextDecoder().decode(Buffer.concat(parts));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fault("not-tokens", { what: `what was read (${reason})`, needed: "a JSON document" });
  }
}

function allOf<T>(value: unknown, is: (item: unknown) => item is T, needed: string): readonly T[] {
  if (!Array.isArray(value)) throw fault("not-tokens", { what: "the JSON document", needed });
  const items: readonly unknown[] = value;
  const wrong = items.findIndex((item) => !is(item));
  if (wrong >= 0)
    throw fault("not-tokens", {
      what: `item ${wrong + 1} of the document`,
      needed: `as in ${needed}`,
    });
  return items.filter(is);
}

const isText = (item: unknown): item is string => typeof item === "string";
const isIds = (item: unknown): item is readonly number[] =>
  Array.isArray(item) && item.every((id) => Number.isInteger(id));
