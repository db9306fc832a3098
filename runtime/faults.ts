import { archiveFaults } from "./faults/archives.ts";
import { dataFaults } from "./faults/data.ts";
import { dataSetFaults } from "./faults/data-sets.ts";
import { deviceFaults } from "./faults/device.ts";
import { evaluationFaults } from "./faults/evaluation.ts";
import type { FaultEntry } from "./faults/fault-entry.ts";
import { fileFaults } from "./faults/files.ts";
import { inputFaults } from "./faults/inputs.ts";
import { optionFaults } from "./faults/options.ts";
import { studyFaults } from "./faults/studies.ts";
import { textFaults } from "./faults/text.ts";
import { visibleText } from "./faults/visible-text.ts";

/** Every fault of the runtime, once. Families are only for the length of files. */
export const faults = {
  ...fileFaults,
  ...archiveFaults,
  ...dataFaults,
  ...dataSetFaults,
  ...inputFaults,
  ...optionFaults,
  ...textFaults,
  ...deviceFaults,
  ...evaluationFaults,
  ...studyFaults,
} as const;

type Faults = typeof faults;
type FaultCode = keyof Faults;
type FaultParams<C extends FaultCode> = Faults[C] extends FaultEntry<infer P> ? P : never;

/**
 * Something that a person can mend: a wrong file, a missing driver. The command line prints it as a
 * diagnostic; a library user catches it and reads `code`. Our own mistakes are plain errors.
 */
export class RuntimeFault extends Error {
  readonly code: FaultCode;
  readonly hint: string | undefined;
  /** 1: the user's input is wrong; 3: the device is at fault. */
  readonly exitCode: 1 | 3;
  /** The step of training that it is about, where there is one. */
  readonly step: number | undefined;

  constructor(
    code: FaultCode,
    message: string,
    { hint, exitCode, step }: Pick<RuntimeFault, "hint" | "exitCode" | "step">,
  ) {
    super(message);
    this.name = "RuntimeFault";
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
    this.step = step;
  }
}

/** Several faults of one kind of input, which were looked for together: each is told like one alone. */
export class SeveralFaults extends Error {
  readonly faults: readonly RuntimeFault[];

  constructor(found: readonly RuntimeFault[]) {
    super(found.map(({ message }) => message).join("\n"));
    this.name = "SeveralFaults";
    this.faults = found;
  }
}

/** Texts in a fault come from files and from the system: none of them may talk to a terminal or forge a line. */
function visibleParams<P>(params: P): P {
  const visible = (value: unknown): unknown => {
    if (typeof value === "string") return visibleText(value);
    return Array.isArray(value) ? value.map(visible) : value;
  };
  const entries = Object.entries(params as object).map(([name, value]) => [name, visible(value)]);
  return Object.fromEntries(entries) as P;
}

/** Makes the fault; the caller throws it, so that the compiler sees where control ends. */
export function fault<C extends FaultCode>(code: C, params: FaultParams<C>): RuntimeFault {
  // The registry is keyed by code, so the entry takes exactly these parameters.
  const entry = faults[code] as unknown as FaultEntry<FaultParams<C>>;
  const shown = visibleParams(params);
  const { step: found } = params as { readonly step?: unknown };
  const step = typeof found === "number" ? found : undefined;
  const { exitCode } = entry;
  return new RuntimeFault(code, entry.message(shown), {
    hint: entry.hint?.(shown),
    exitCode,
    step,
  });
}
