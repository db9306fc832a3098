import { defineFault } from "./fault-entry.ts";

const orNearest = (nearest: string | undefined) =>
  nearest === undefined ? undefined : `did you mean \`${nearest}\`?`;

/** What can be wrong with the options that a program gives to the library. */
export const optionFaults = {
  "option-unknown": defineFault<{
    call: string;
    name: string;
    known: readonly string[];
    nearest: string | undefined;
  }>({
    exitCode: 1,
    title: "A function of the library has no such option",
    message: ({ call, name, known }) =>
      `\`${call}\` has no option \`${name}\`; it has ${known.map((each) => `\`${each}\``).join(", ")}`,
    hint: ({ nearest }) => orNearest(nearest),
    explain:
      "Options are looked at before anything is read or a device is opened, so that a misspelt one does not pass for one that was left out.",
  }),
  "option-invalid": defineFault<{ call: string; name: string; given: string; needed: string }>({
    exitCode: 1,
    title: "An option of the library was given a value that it does not take",
    message: ({ call, name, given, needed }) =>
      `\`${name}\` of \`${call}\` was given as ${given}, and it takes ${needed}`,
    explain:
      "Types tell the same before a program runs, where it is checked. What an option takes stands with its name in the declarations and in `docs/library.md`.",
  }),
  "option-missing": defineFault<{ call: string; name: string; needed: string }>({
    exitCode: 1,
    title: "A function of the library needs an option that was not given",
    message: ({ call, name, needed }) => `\`${call}\` needs \`${name}\`: ${needed}`,
    explain: "`compile` and `load` need a file, one of its models and one of its modes.",
  }),
  "config-alone": defineFault<{ config: string }>({
    exitCode: 1,
    title: "A configuration was given without a checkpoint",
    message: ({ config }) =>
      `\`${config}\` describes a checkpoint, and no weights come from one here`,
    hint: () => "name the checkpoint with --weights, or set sizes with --set",
    explain:
      "`--config` (`config` in the library) stands for the `config.json` beside a checkpoint. A `weights` block of the file says what its entries mean; without a checkpoint nothing reads it.",
  }),
  "value-unusable": defineFault<{ name: string; given: string; takes: string }>({
    exitCode: 1,
    title: "An input was given as something that it does not take",
    message: ({ name, given, takes }) => `\`${name}\` was given as ${given}, and it takes ${takes}`,
    explain:
      'Numbers without a shape are taken in the shape of the input, row-major, and must be as many as it has elements. Bytes are an image where the mode reads `from image(..)`, and numbers from 0 to 255 elsewhere. A list of texts is a batch: `["a photo", "two lines"]`.',
  }),
} as const;
