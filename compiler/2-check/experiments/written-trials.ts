import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ExperimentSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Named, PathSyntax } from "../../ir/syntax/syntax.ts";
import { textOf } from "../core/describe.ts";
import type { LoadedFile } from "../core/entity.ts";
import { findSubject } from "../variants/find-subject.ts";

/** An entry, with the file in which its names stand: that of the experiment which has written it. */
export interface WrittenTrial {
  readonly syntax: TrialSyntax;
  readonly file: LoadedFile;
}

/** An experiment with all that it extends. */
interface WrittenExperiment {
  /** The name of the model, and where it stands. */
  readonly of: { readonly name: Named; readonly file: LoadedFile };
  readonly trials: readonly WrittenTrial[];
}

/**
 * The entries of an experiment behind those of the one that it extends, of which those that it has itself, by path or
 * name, are left out. Undefined after a report.
 */
export function writtenExperiment(
  sink: DiagnosticSink,
  file: LoadedFile,
  experiment: ExperimentSyntax,
  inside: readonly ExperimentSyntax[] = [],
): WrittenExperiment | undefined {
  const own = experiment.trials.map((syntax): WrittenTrial => ({ syntax, file }));
  const { of, extends: base } = experiment;
  if (base === undefined)
    return of === undefined ? undefined : { of: { name: of, file }, trials: own };
  const found = findBase(sink, file, base);
  if (found === undefined) return undefined;
  const chain = [...inside, experiment];
  if (chain.includes(found.syntax)) {
    const circle = chain.slice(chain.indexOf(found.syntax)).map(({ name }) => name.text);
    const [first = ""] = circle;
    // Every experiment of the circle is checked; one of them tells.
    if (circle.every((name) => first <= name))
      sink.report(
        "recursion",
        base.span,
        { names: [...circle, first] },
        { hint: "an experiment extends one that stands by itself" },
      );
    return undefined;
  }
  const before = writtenExperiment(sink, found.file, found.syntax, chain);
  if (before === undefined) return undefined;
  if (of !== undefined && !isSame(sink, { name: of, file }, before.of)) return undefined;
  const replaced = new Set(own.flatMap(({ syntax }) => keysOf(syntax)));
  const kept = before.trials.filter(
    ({ syntax }) => !keysOf(syntax).some((key) => replaced.has(key)),
  );
  return { of: before.of, trials: [...kept, ...own] };
}

function findBase(
  sink: DiagnosticSink,
  file: LoadedFile,
  { text, span }: Named,
): { readonly syntax: ExperimentSyntax; readonly file: LoadedFile } | undefined {
  const entity = file.scope.find(text)?.entry.entity;
  if (entity?.kind === "error") return undefined;
  if (entity?.kind === "item" && entity.item.syntax.kind === "experiment")
    return { syntax: entity.item.syntax, file: entity.item.file };
  const others = file.scope.names(
    ({ entity: one }) => one.kind === "item" && one.item.syntax.kind === "experiment",
  );
  sink.report("unknown-name", span, {
    kind: "experiment",
    name: text,
    nearest: nearestNames(text, others),
  });
  return undefined;
}

type Of = WrittenExperiment["of"];

function isSame(sink: DiagnosticSink, own: Of, base: Of): boolean {
  const [mine, its] = [own, base].map(({ file, name }) =>
    findSubject(new DiagnosticSink(), file, name),
  );
  if (mine === undefined || its === undefined || mine.item === its.item) return true;
  const params = {
    callee: "`extends`",
    name: { phrase: "the experiment" },
    needed: `one of ${own.name.text}`,
    found: `one of ${base.name.text}`,
  };
  const related = [{ span: base.name.span, text: "the one that is extended is of this model" }];
  sink.report("argument-type", own.name.span, params, { related });
  return false;
}

/** What an entry takes the place of; none for those that add up. */
function keysOf(trial: TrialSyntax): readonly string[] {
  switch (trial.kind) {
    case "set":
    case "replace":
      return [`path ${pathText(trial.path)}`];
    case "pair":
      return trial.overrides.flatMap(keysOf);
    case "case":
    case "measure":
      return [`${trial.kind} ${trial.name.text}`];
    case "where":
    case "report":
      return [];
    default:
      return [trial.kind];
  }
}

function pathText(path: PathSyntax): string {
  return textOf(path.span).replaceAll(" ", "");
}

/** Entries of which an experiment has one. */
const single = ["run", "seeds", "start", "sample", "halve", "baseline"];

/** Reports entries that stand there twice in one experiment. */
export function reportRepeatedTrials(sink: DiagnosticSink, experiment: ExperimentSyntax): void {
  const seen = new Map<string, TrialSyntax>();
  for (const trial of experiment.trials) {
    const isNamed = trial.kind === "case" || trial.kind === "measure";
    if (!isNamed && !single.includes(trial.kind)) continue;
    const [key = trial.kind] = keysOf(trial);
    const earlier = seen.get(key);
    seen.set(key, trial);
    if (earlier === undefined) continue;
    const spanOf = (one: TrialSyntax) => ("name" in one && one.name ? one.name.span : one.span);
    const related = [{ span: spanOf(earlier), text: "the earlier declaration" }];
    const name = isNamed ? trial.name.text : trial.kind;
    const where = `experiment \`${experiment.name.text}\``;
    sink.report("declared-twice", spanOf(trial), { name, where }, { related });
  }
}
