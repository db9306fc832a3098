import type { InputValue } from "../../../runtime/input-value.ts";
import type { RecordForm } from "../../artifact.ts";

/** An input by its name, as a text or as the library takes it. */
export interface GivenInput<Value extends InputValue = InputValue> {
  readonly name: string;
  readonly value: Value;
}

/** The inputs that were given, and the texts that the mode takes where none was: `from text(default: "..")`. */
export function withDefaultTexts<Value extends InputValue>(
  call: Pick<RecordForm, "inputs">,
  inputs: readonly GivenInput<Value>[],
): readonly GivenInput<Value | string>[] {
  const missing = call.inputs.flatMap(({ name, reader }) => {
    const text = reader?.name === "text" ? reader.args.default : undefined;
    const isGiven = inputs.some((input) => input.name === name);
    return typeof text === "string" && !isGiven ? [{ name, value: text }] : [];
  });
  return [...inputs, ...missing];
}
