import { existsSync } from "node:fs";
import { fault } from "../../../runtime/faults.ts";
import { readText } from "../../../runtime/files/read-bytes.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { count, list, optional, real, record, type Shape, text } from "../load/shape.ts";
import { isRecord } from "../options/option-kinds.ts";

/** A phase as `run.json` has it, as far as a report shows it. */
interface PhaseFacts {
  /** Steps of the run that are done when it begins, and when it ends. */
  readonly from: number;
  readonly to: number;
  readonly stage: {
    readonly stage: string;
    readonly phase: string | undefined;
    readonly groups: readonly GroupFacts[];
  };
}

interface GroupFacts {
  readonly selector: string;
  readonly lr: number;
  readonly parameters: readonly { readonly numbers: number }[];
}

/** What `run.json` says, as far as a report shows it. */
export interface RunFacts {
  readonly model: string;
  readonly device: string;
  /** Version of the compiler. */
  readonly weft: string;
  readonly seed: number;
  readonly steps: number;
  readonly phases: readonly PhaseFacts[];
  readonly changes: readonly { readonly step: number; readonly what: readonly string[] }[];
}

const facts: Shape<RunFacts> = record<RunFacts>({
  model: text,
  device: text,
  weft: text,
  seed: count,
  steps: count,
  phases: list(
    record<PhaseFacts>({
      from: count,
      to: count,
      stage: record<PhaseFacts["stage"]>({
        stage: text,
        phase: optional(text),
        groups: list(
          record<GroupFacts>({
            selector: text,
            lr: real,
            parameters: list(record<GroupFacts["parameters"][number]>({ numbers: count })),
          }),
        ),
      }),
    }),
  ),
  changes: list(record<RunFacts["changes"][number]>({ step: count, what: list(text) })),
});

/** The document of a run, for reports. */
interface FoundFacts {
  readonly facts: RunFacts;
  /** All of it. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** @throws {RuntimeFault} `run-damaged` where the folder has no `run.json`, or one of another form. */
export function readFacts(run: string): FoundFacts {
  const { document: path } = runPaths(run);
  if (!existsSync(path)) throw fault("run-damaged", { path: run, reason: "it has no run.json" });
  let found: unknown;
  try {
    found = JSON.parse(readText(path, largestDocument));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (facts(found) && isRecord(found)) return { facts: found, document: found };
  throw fault("run-damaged", { path, reason: "it does not say what the run was begun with" });
}

/** `fit of Line`. */
export function titleOf({ model, phases }: RunFacts): string {
  return `${phases[0]?.stage.stage ?? "a run"} of ${model}`;
}

const largestDocument = 1 << 28;
