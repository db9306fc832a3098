import { defineFault } from "./fault-entry.ts";

/** What can be wrong with the values given to a mode, and with what comes out. */
export const inputFaults = {
  "input-missing": defineFault<{ name: string; shape: string }>({
    exitCode: 1,
    title: "An input was not given",
    message: ({ name, shape }) => `the input \`${name}\` ${shape} was not given`,
    hint: ({ name }) => `add --in ${name}=FILE (or ${name}=random:0 to try it out)`,
    explain:
      "Every input of a mode needs a value: `--in name=VALUE`, or an entry of the record given to `run`.",
  }),
  "input-unknown": defineFault<{
    name: string;
    known: readonly string[];
    nearest: string | undefined;
  }>({
    exitCode: 1,
    title: "The mode has no such input",
    message: ({ name, known }) =>
      `the mode has no input \`${name}\`; it has ${known.map((each) => `\`${each}\``).join(", ")}`,
    hint: ({ nearest }) => (nearest === undefined ? undefined : `did you mean \`${nearest}\`?`),
    explain:
      "Inputs are named after the parameters of the mode: `mode forward(pixels: ..)` has the input `pixels`.",
  }),
  "output-unknown": defineFault<{ name: string; known: readonly string[] }>({
    exitCode: 1,
    title: "The step has no such output",
    message: ({ name, known }) =>
      `the step has no output \`${name}\`; it has ${known.map((each) => `\`${each}\``).join(", ")}`,
    explain:
      "Outputs are named in the result of a step: `-> (token: i32[B], length: i32[B])` has two. A single result without a name is called `output`.",
  }),
  "session-disposed": defineFault<Record<never, never>>({
    exitCode: 1,
    title: "A session is used after it was disposed",
    message: () => "the session was disposed",
    hint: () => "create another one",
    explain:
      "`dispose` frees the memory of a session on its device. Nothing can be run after that: create a session anew, on the same device or another one.",
  }),
  "step-unknown": defineFault<{ name: string; known: readonly string[] }>({
    exitCode: 1,
    title: "The mode has no such step",
    message: ({ name, known }) =>
      `the mode has no step \`${name}\`; it has ${known.map((each) => `\`${each}\``).join(", ")}`,
    explain:
      "A step is called by its name, or by its number where it was compiled for several sizes. A mode without steps is one step with the name of the mode.",
  }),
  "steps-only": defineFault<{ mode: string; known: readonly string[] }>({
    exitCode: 1,
    title: "A mode with steps is not one run",
    message: ({ mode, known }) =>
      `\`${mode}\` runs step by step: ${known.map((each) => `\`${each}\``).join(", ")}`,
    hint: () => "`weft generate` runs such modes, and so does `step` of a session",
    explain:
      "The steps of a mode share states, so each is called by itself: a prompt once, then one token after the other.",
  }),
  "not-generating": defineFault<{ mode: string }>({
    exitCode: 1,
    title: "A mode that cannot generate tokens",
    message: ({ mode }) => `\`${mode}\` has no steps for a prompt and for one token`,
    hint: () => "`weft run` runs modes without steps",
    explain:
      "A mode that generates has two steps: `prefill` takes the prompt, `decode(token: i32[B])` one more token of every sequence, and both result in the logits of the next token.",
  }),
  "prompt-too-long": defineFault<{ tokens: number; slots: number }>({
    exitCode: 1,
    title: "A prompt is longer than the caches of the model",
    message: ({ tokens, slots }) =>
      `the prompt takes ${tokens} positions, and the caches of the model hold ${slots}`,
    hint: () => "shorten the prompt, or give the model more room with `--set`",
    explain:
      "Every token of a prompt (and every query that stands before it) takes a slot of the caches, whose number the axis `Slot` of the model says. LLaMA was trained with 2048.",
  }),
  "wrong-shape": defineFault<{ name: string; found: readonly number[]; needed: string }>({
    exitCode: 1,
    title: "A value has the wrong shape",
    message: ({ name, found, needed }) =>
      `\`${name}\` was given as [${found.join(", ")}] and the mode needs ${needed}`,
    explain:
      "A leading dimension of size 1 may be left out. Everything else must agree: a program is compiled for fixed sizes.",
  }),
  "wrong-element": defineFault<{ name: string; found: string; needed: string }>({
    exitCode: 1,
    title: "A value has the wrong element type",
    message: ({ name, found, needed }) => `\`${name}\` holds ${found} and the mode needs ${needed}`,
    explain:
      "Files may hold other widths: f64, f16 and bf16 become f32. Whole numbers and truth values of any width are taken where each is a number of the type that the mode asks for: `i32` holds -2147483648 to 2147483647, `u32` 0 to 4294967295, `bool` 0 and 1, `f32` whole numbers up to 16777216 and some beyond. The first that is not is named; nothing is rounded to whole numbers or wrapped in silence.",
  }),
  "id-outside": defineFault<{
    name: string;
    id: number;
    place: readonly number[];
    axis: string;
    size: number;
  }>({
    exitCode: 1,
    title: "An id is not in the vocabulary of the program",
    message: ({ name, id, place, axis, size }) =>
      `\`${name}\` holds ${id} at [${place.join(", ")}], and \`${axis}\` has the ids 0 to ${size - 1}`,
    hint: () => "are the ids from the tokenizer of these weights? `--set` changes sizes of a model",
    explain:
      "Ids choose rows of an embedding, and an id that has no row would be read as a vector of zeros. Ids that the program itself looks for, such as the placeholder of an image, may lie outside. Labels are no ids: -100 marks those that do not count.",
  }),
  "length-outside": defineFault<{
    name: string;
    length: number;
    place: readonly number[];
    of: string;
    places: number;
  }>({
    exitCode: 1,
    title: "A length is more than a row holds",
    message: ({ name, length, place, of, places }) =>
      `\`${name}\` is ${length} at [${place.join(", ")}], and a row of \`${of}\` has ${places} places`,
    explain:
      'An input `from length(of: "ids")` says how many elements each row of `ids` has before its padding. It need not be given: text and conversations know their lengths. Where it is given, every number is between 0 and the size of the last axis.',
  }),
  "bad-value": defineFault<{ name: string; value: string; reason: string }>({
    exitCode: 1,
    title: "A value cannot be understood",
    message: ({ name, value, reason }) => `\`${name}=${value}\` cannot be used: ${reason}`,
    hint: () =>
      "a value is FILE.npy, FILE.safetensors:tensor, an image file, a text or random:SEED",
    explain:
      "A value on the command line is a `.npy` file, `FILE.safetensors:tensor`, an image file, or `random:SEED` with a whole number as seed. Where the mode says `from text(..)` or `from chat(..)` it may also be a text, `@FILE` for the lines of a file, or a JSON array of texts.",
  }),
  "not-an-image": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A file is not an image that can be decoded",
    message: ({ path, reason }) => `\`${path}\` cannot be decoded as an image: ${reason}`,
    hint: () => "PNG, JPEG, WebP, GIF, TIFF and AVIF are read",
    explain:
      "The file's content was looked at, not its name. It is no image, or it is cut short or damaged.",
  }),
  "not-an-image-input": defineFault<{ name: string; reason: string }>({
    exitCode: 1,
    title: "An input cannot take an image file",
    message: ({ name, reason }) => `\`${name}\` cannot take an image file: ${reason}`,
    hint: () => "give a .npy file or FILE.safetensors:tensor instead",
    explain:
      'An image file becomes a tensor only where the mode says how: `pixels: Pixels from image(fit: "crop")`, with the last three dimensions colour, row and column.',
  }),
  "nan-found": defineFault<{
    what: string;
    count: number;
    total: number;
    place: string;
    cause?: string | undefined;
  }>({
    exitCode: 1,
    title: "A result is not a finite number",
    message: ({ what, count, total, place, cause }) =>
      `${what} has ${count} of ${total} elements that are NaN or infinite${place}${cause === undefined ? "" : `: ${cause}`}`,
    hint: ({ cause }) =>
      cause === undefined
        ? "look at the numbers that enter there; 16-bit storage overflows beyond 65504"
        : undefined,
    explain:
      "With `--guard`, weights and inputs are checked first, and then the program runs one kernel at a time and stops at the first whose result has a NaN or an infinity, with the source lines that the kernel serves.",
  }),
  "step-not-finite": defineFault<{ step: number; found: string }>({
    exitCode: 1,
    title: "A kernel of a step of training has a result that is not a finite number",
    message: ({ step, found }) => `step ${step}, run again kernel by kernel: ${found}`,
    hint: () => "look at the numbers that enter there; 16-bit storage overflows beyond 65504",
    explain:
      "`weft train --guard` trains as fast as without it. When a loss is not finite, or too many steps are skipped, it goes back to the newest checkpoint and runs the same steps again, the broken one kernel by kernel, forward and backward, until the first result with a NaN or an infinity. Weights and inputs are looked at before.",
  }),
  "steps-skipped": defineFault<{ step: number; count: number; scale: number | undefined }>({
    exitCode: 1,
    title: "Training skipped many steps in a row",
    message: ({ step, count, scale }) =>
      `the ${count} steps up to step ${step} were skipped: a gradient of each is not finite${
        scale === undefined ? "" : `, at a loss scale of ${scale} too`
      }`,
    hint: () =>
      "`--guard` finds where it begins; compute in f32 what f16 cannot hold (`precision compute f32 for S`), or train with `--precision f32`",
    explain:
      "A step whose gradient is not finite changes no weight, and a few of them are nothing unusual in f16, where the scale of the loss is halved at each. When all are skipped the numbers themselves are wrong, and the run ends. The weights are those of the last step that was not skipped.",
  }),
  "loss-not-finite": defineFault<{ step: number; name: string; value: number }>({
    exitCode: 1,
    title: "Training came to a loss that is not a finite number",
    message: ({ step, name, value }) => `the ${name} of step ${step} is ${value}`,
    hint: () =>
      "`--resume --guard` finds where it begins; or go on from the checkpoint before it with a lower rate",
    explain:
      "From such a step on every weight would be NaN. The run ends there and writes no checkpoint of it; those before are whole.",
  }),
} as const;
