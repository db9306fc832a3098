import { InternalError } from "../diagnostics/internal-error.ts";

/** One step from a form of a program to the same form: named, so that dumps and mistakes can say where they stand. */
export interface Pass<Form, Context> {
  readonly name: string;
  readonly summary: string;
  readonly run: (form: Form, context: Context) => Form;
}

/**
 * Runs passes in order. `settle` gets what each leaves and the name of the pass, to prove it and to leave out
 * what nothing needs any more; what is wrong with it names the pass, as does a pass that fails by itself.
 */
export function runPasses<Form, Context>(
  passes: readonly Pass<Form, Context>[],
  form: Form,
  context: Context,
  settle: (form: Form, after: string) => Form,
): Form {
  let current = form;
  for (const pass of passes) {
    current = settle(runPass(pass, current, context), pass.name);
  }
  return current;
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
