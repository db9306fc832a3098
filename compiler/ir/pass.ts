import { InternalError } from "../diagnostics/internal-error.ts";

/** One step from a form of a program to the same form: named, so that dumps and mistakes can say where they stand. */
export interface Pass<Form, Context> {
  readonly name: string;
  readonly summary: string;
  readonly run: (form: Form, context: Context) => Form;
}

/**
 * Runs passes in order. `settle` gets what they leave and the name of the pass, to prove it and to leave out what
 * nothing needs any more: that of each where it `isSeen`, else that of the last. What is wrong with it names the pass,
 * as does a pass that fails by itself: where only the last was looked at, all are run again, and each is.
 */
export function runPasses<Form, Context>(
  passes: readonly Pass<Form, Context>[],
  form: Form,
  context: Context,
  settle: (form: Form, after: string) => Form,
  isSeen = true,
): Form {
  const runAll = (settleEach: typeof settle): Form =>
    passes.reduce((current, pass) => settleEach(runPass(pass, current, context), pass.name), form);
  const last = passes.at(-1);
  if (isSeen || last === undefined) return runAll(settle);
  try {
    return settle(
      runAll((made) => made),
      last.name,
    );
  } catch (error) {
    runAll(settle);
    throw error;
  }
}

function runPass<Form, Context>(
  { name, run }: Pass<Form, Context>,
  form: Form,
  context: Context,
): Form {
  try {
    return run(form, context);
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    throw new InternalError(`in ${name}: ${error.message}`, { cause: error });
  }
}
