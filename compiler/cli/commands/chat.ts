import type { Command } from "commander";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import { chatPlan, chatSizes } from "../../api/generate/chat-plan.ts";
import { ChatSession } from "../../api/generate/chat-session.ts";
import { LoadedGenerator } from "../../api/generate/loaded-generator.ts";
import { compileGenerator } from "../../api/generate/open-generator.ts";
import type { AnswerNote } from "../../api/library-types.ts";
import { PlanCache } from "../../api/load/plan-cache.ts";
import { formatTime } from "../../api/text/format-quantity.ts";
import type { Host } from "../host.ts";
import { openSession } from "../open-session.ts";
import { findMode } from "../options/find-mode.ts";
import {
  addGenerationOptions,
  type GenerationOptions,
  generationSettings,
  maxNewTokens,
  wholeNumber,
} from "../options/generation-options.ts";
import {
  addDeviceOption,
  addModeOptions,
  addTextOptions,
  compileOptions,
  type ModeOptions,
  type TextOptions,
} from "../options/mode-options.ts";
import { announceDevice } from "../report/announce-device.ts";
import { printDiagnostics, printFailure } from "../report/print-failure.ts";
import { watchCompiler } from "../report/watch-compiler.ts";
import { writeJson } from "../report/write-json.ts";
import { openTerminal } from "../terminal.ts";

interface ChatOptions extends ModeOptions, GenerationOptions, TextOptions {
  readonly image?: string;
  readonly prompt?: string;
  readonly questionTokenizer?: string;
  readonly device: string;
  readonly cache: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("<file>", "a .weft file"));
  addGenerationOptions(addTextOptions(addDeviceOption(command)), 256)
    .option("--image <file>", "what the dialogue is about")
    .option("--prompt <text>", "ask this, print the answer, and end")
    .option(
      "--question-tokenizer <model>",
      "the same for the questions that queries read; without it, the one of the dialogue",
    )
    .option("--no-cache", "compile anew, and keep nothing for the next time")
    .option("--json", "with --prompt: one JSON document on stdout")
    .action((file: string, options: ChatOptions) => chat(file, options, host));
}

/** The dialogue, and how it is answered. */
interface Talk {
  readonly session: ChatSession;
  readonly settings: Parameters<ChatSession["answer"]>[1];
}

async function chat(file: string, options: ChatOptions, host: Host): Promise<void> {
  const cache = options.cache ? new PlanCache() : undefined;
  const chosen = await findMode(file, { ...options, mode: options.mode ?? "chat" }, cache);
  const tokenizer = tokenizerSource(options.tokenizer, options.weights, options);
  tokenizer();
  const most = maxNewTokens(options);
  const device = await announceDevice(options.device, host, options.tuned);
  try {
    const progress = watchCompiler(host, `${chosen.model}.${chosen.mode}`);
    const program = await compileGenerator({
      ...compileOptions(file, chosen, options),
      settings: generationSettings(options),
      prompts: (plan) => chatSizes(plan, chatPlan(plan)),
      tokenizer,
      device,
      cache,
      tuned: options.tuned,
      onDiagnostics: (diagnostics) => printDiagnostics(diagnostics, host),
      watch: progress.watch,
      examined: chosen.examined,
    }).finally(progress.finish);
    const request = { options, device, guard: false, onSpan: undefined };
    const opened = await openSession(program.artifact, request, host);
    const generator = new LoadedGenerator(opened, program);
    try {
      const { questionTokenizer } = options;
      const session = new ChatSession(generator, chatPlan(program.plan), {
        questionTokenizer:
          questionTokenizer === undefined
            ? tokenizer
            : tokenizerSource(questionTokenizer, undefined, options),
      });
      await session.begin(options.image);
      const seed = wholeNumber("--seed", options.seed);
      const settings = { maxNewTokens: most, stops: options.stop, seed };
      const talk = { session, settings };
      if (options.prompt === undefined) await converse(talk, generator, host);
      else await answerOnce(talk, options.prompt, options.json ?? false, host);
    } finally {
      generator.dispose();
    }
  } finally {
    device.dispose();
  }
}

async function answerOnce(
  talk: Talk,
  question: string,
  isJson: boolean,
  host: Host,
): Promise<void> {
  if (!isJson) {
    await tell(talk, question, host);
    return;
  }
  const started = performance.now();
  const { note } = await tell(talk, question, {
    ...host,
    result: () => {},
    text: () => {},
    say: () => {},
  });
  const answer = talk.session.conversation.turns.at(-1)?.text ?? "";
  writeJson(host, { question, answer, ...note, timeMs: performance.now() - started });
}

/** Streams an answer and says what it took. */
async function tell(
  talk: Talk,
  question: string,
  host: Host,
  isBroken: () => boolean = () => false,
): Promise<{ readonly note: AnswerNote | undefined }> {
  const started = performance.now();
  const pieces = talk.session.answer(question, talk.settings);
  let isFirst = true;
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) {
      host.result("\n");
      host.say(noteText(next.value, performance.now() - started));
      return { note: next.value };
    }
    // The space between `ASSISTANT:` and the answer is not shown.
    const piece: string = isFirst ? next.value.trimStart() : next.value;
    isFirst &&= piece === "";
    host.text(piece);
    if (!isBroken()) continue;
    await pieces.return(undefined as never);
    host.result("\n");
    return { note: undefined };
  }
}

function noteText({ ending, tokens, promptTokens, bucket }: AnswerNote, timeMs: number): string {
  const rate = ((tokens / timeMs) * 1000).toFixed(1);
  const full = ending === "context-full" ? "notice: the caches are full; /reset begins anew\n" : "";
  return `${full}[${tokens} tokens in ${formatTime(timeMs)} with the prompt, ${rate} tokens/s; prompt of ${promptTokens} padded to ${bucket}]\n`;
}

const help = `Every answer reads the whole dialogue anew. Commands:
  /reset        forget what was said
  /image FILE   forget it, and talk about this image
  /quit         end (so does Ctrl-D; Ctrl-C breaks off an answer)
`;

/** Questions from stdin until it ends. What is wrong with one of them does not end the dialogue. */
async function converse(talk: Talk, generator: LoadedGenerator, host: Host): Promise<void> {
  host.say(`prompts of up to ${generator.buckets.join(", ")} tokens; /help lists commands\n`);
  const terminal = openTerminal(host);
  try {
    for (;;) {
      const line = await terminal.ask();
      if (line === undefined) return;
      const [, command, rest = ""] = /^\/(\w+)\s*(.*)$/.exec(line.trim()) ?? [];
      if (command === "quit" || command === "exit") return;
      try {
        if (command === "reset") await talk.session.begin();
        else if (command === "image") await talk.session.begin(rest);
        else if (command !== undefined) host.say(help);
        else if (line.trim() !== "") await tell(talk, line.trim(), host, terminal.wasInterrupted);
      } catch (error) {
        printFailure(error, host, false);
      }
    }
  } finally {
    terminal.close();
  }
}
