import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { EntrySyntax, StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { textOf } from "../core/describe.ts";

type PhaseSyntax = Extract<EntrySyntax, { kind: "phase" }>;
type PlanEntry = Exclude<EntrySyntax, PhaseSyntax>;
export type EntryOf<K extends PlanEntry["kind"]> = Extract<PlanEntry, { kind: K }>;

/** What holds in one phase, or in a stage without any: entries of the stage and those that override them. */
export interface StagePlan {
  /** `contrast`, `contrast.low`. */
  readonly name: string;
  readonly span: Span;
  readonly entries: readonly PlanEntry[];
  readonly phase: PhaseSyntax | undefined;
  /** The stage above its phases: nothing runs it, so it need not be complete. */
  readonly isBase: boolean;
}

/** The entries of one kind, in order. */
export function entriesOf<K extends PlanEntry["kind"]>(
  plan: StagePlan,
  kind: K,
): readonly EntryOf<K>[] {
  return plan.entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

/** The plans of a stage, in order; entries and phases that are there twice are reported. */
export function plansOf(sink: DiagnosticSink, stage: StageSyntax): readonly StagePlan[] {
  const base = stage.entries.filter((entry) => entry.kind !== "phase");
  const phases = stage.entries.filter((entry) => entry.kind === "phase");
  reportRepeated(sink, base, `stage \`${stage.name.text}\``);
  const names = new Map<string, Span>();
  const plans: StagePlan[] = [
    {
      name: stage.name.text,
      span: stage.name.span,
      entries: base,
      phase: undefined,
      isBase: phases.length > 0,
    },
  ];
  for (const phase of phases) {
    const { text, span } = phase.name;
    const earlier = names.get(text);
    if (earlier !== undefined) {
      const related = [{ span: earlier, text: "the earlier declaration" }];
      sink.report(
        "declared-twice",
        span,
        { name: text, where: `stage \`${stage.name.text}\`` },
        { related },
      );
      continue;
    }
    names.set(text, span);
    const own = phase.entries.filter((entry) => entry.kind !== "phase");
    for (const entry of phase.entries) {
      if (entry.kind === "phase")
        sink.report("not-supported-yet", entry.name.span, { feature: "a phase inside a phase" });
    }
    reportRepeated(sink, own, `phase \`${text}\``);
    const overridden = new Set(own.flatMap((entry) => subjectOf(entry) ?? []));
    const kept = base.filter((entry) => !overridden.has(subjectOf(entry) ?? ""));
    plans.push({
      name: `${stage.name.text}.${text}`,
      span,
      entries: [...kept, ...own],
      phase,
      isBase: false,
    });
  }
  return plans;
}

/** What an entry of a phase takes the place of; undefined where entries add up. */
function subjectOf(entry: PlanEntry): string | undefined {
  switch (entry.kind) {
    case "setting":
      return entry.name;
    case "train":
    case "freeze":
      return "groups";
    case "axis":
      return `axis ${entry.name.text}`;
    case "start":
      return [entry.kind, ...entry.selectors.map(({ span }) => textOf(span))].join(" ");
    case "precision":
    case "decay":
      return entry.selectors.length === 0 ? entry.kind : undefined;
    case "optimizer":
    case "batch":
    case "memory":
    case "loss":
    case "data":
    case "watch":
    case "adapt":
      return entry.kind;
    default:
      return undefined;
  }
}

const severalAllowed = new Set(["groups", "adapt", "watch"]);

function reportRepeated(sink: DiagnosticSink, entries: readonly PlanEntry[], where: string): void {
  const seen = new Map<string, Span>();
  for (const entry of entries) {
    const subject = subjectOf(entry);
    // Two axes of one name are reported where names are declared.
    if (subject === undefined || severalAllowed.has(subject) || entry.kind === "axis") continue;
    const earlier = seen.get(subject);
    if (earlier === undefined) seen.set(subject, entry.span);
    else {
      const related = [{ span: earlier, text: "the earlier line" }];
      sink.report("declared-twice", entry.span, { name: subject, where }, { related });
    }
  }
}
