import type { Command } from "commander";
import type { Host } from "./host.ts";

/** A command is one file under `commands/` and one entry here. */
interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

interface CommandModule {
  /** Declares arguments and options, and what runs. */
  readonly configure: (command: Command, host: Host) => void;
}

export const commandRegistry: readonly CommandEntry[] = [
  {
    name: "check",
    summary: "parse and type-check files",
    load: () => import("./commands/check.ts"),
  },
  {
    name: "fmt",
    summary: "bring files into the one format",
    load: () => import("./commands/fmt.ts"),
  },
  {
    name: "explain",
    summary: "tell the long story of a diagnostic",
    load: () => import("./commands/explain.ts"),
  },
  {
    name: "inspect",
    summary: "cost a mode without a GPU",
    load: () => import("./commands/inspect.ts"),
  },
  { name: "run", summary: "compile and run one mode", load: () => import("./commands/run.ts") },
  {
    name: "grad",
    summary: "the loss of a stage and its gradients",
    load: () => import("./commands/grad.ts"),
  },
  {
    name: "train",
    summary: "train a model by a stage",
    load: () => import("./commands/train.ts"),
  },
  {
    name: "ablate",
    summary: "train and compare the cells of an experiment",
    load: () => import("./commands/ablate.ts"),
  },
  {
    name: "ablate-worker",
    summary: "work on the cells of a study's folder",
    load: () => import("./commands/ablate-worker.ts"),
  },
  {
    name: "diff",
    summary: "what differs between two models, stages or runs",
    load: () => import("./commands/diff.ts"),
  },
  {
    name: "data",
    summary: "fetch data sets, and look at data",
    load: () => import("./commands/data.ts"),
  },
  {
    name: "report",
    summary: "charts and a page of a run, or the report of a study",
    load: () => import("./commands/report.ts"),
  },
  {
    name: "generate",
    summary: "generate tokens from a prompt, one after the other",
    load: () => import("./commands/generate.ts"),
  },
  {
    name: "chat",
    summary: "talk with a model about an image",
    load: () => import("./commands/chat.ts"),
  },
  {
    name: "eval",
    summary: "score a model or predictions as in publications",
    load: () => import("./commands/eval.ts"),
  },
  { name: "bench", summary: "time a mode's kernels", load: () => import("./commands/bench.ts") },
  {
    name: "tokenize",
    summary: "turn text into token ids, and back",
    load: () => import("./commands/tokenize.ts"),
  },
  {
    name: "export",
    summary: "write artefacts for other programs",
    load: () => import("./commands/export.ts"),
  },
  { name: "devices", summary: "list adapters", load: () => import("./commands/devices.ts") },
  {
    name: "doctor",
    summary: "find out what is missing here",
    load: () => import("./commands/doctor.ts"),
  },
];
