import { defineFault } from "./fault-entry.ts";

/** What can be wrong with a file that somebody names. */
export const fileFaults = {
  "file-missing": defineFault<{ path: string }>({
    exitCode: 1,
    title: "A file does not exist",
    message: ({ path }) => `there is no file \`${path}\``,
    hint: () => "paths are relative to the folder in which the command runs",
    explain:
      "A path that was given does not lead to a file. Paths are taken relative to the folder in which the command runs; a folder of weights must hold `model.safetensors` or `model.safetensors.index.json`.",
  }),
  "file-unreadable": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A file cannot be read or written",
    message: ({ path, reason }) => `\`${path}\` cannot be used: ${reason}`,
    explain:
      "The operating system refused to read or write the file. The reason is its own message: missing permissions, a folder where a file is needed, a full disk.",
  }),
  "no-weights-in-folder": defineFault<{ path: string; snapshot?: string | undefined }>({
    exitCode: 1,
    title: "A folder holds no weights",
    message: ({ path }) =>
      `the folder \`${path}\` has neither \`model.safetensors.index.json\` nor \`model.safetensors\``,
    hint: ({ snapshot }) =>
      snapshot === undefined
        ? "name the .safetensors file itself, if it is called otherwise"
        : `it is the root of a hub's cache: name the revision, \`${snapshot}\``,
    explain:
      "A folder of weights is read through `model.safetensors.index.json`, which says which shard holds which tensor, or, without it, through the single file `model.safetensors`.",
  }),
  "file-truncated": defineFault<{ path: string; found: number; needed: number }>({
    exitCode: 1,
    title: "A file ends too early",
    message: ({ path, found, needed }) =>
      `\`${path}\` ends too early: it has ${found} bytes and its header asks for ${needed}`,
    hint: () => "the download or the copy was cut short: fetch the file again",
    explain:
      "The header of a `.safetensors` or `.npy` file says how many bytes follow. The file is shorter than that, so some tensors would be garbage. Nothing was loaded.",
  }),
  "not-safetensors": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A file is not in the safetensors format",
    message: ({ path, reason }) => `\`${path}\` is not a valid .safetensors file: ${reason}`,
    explain:
      "A `.safetensors` file starts with eight bytes that give the length of a JSON header; the header gives each tensor's `dtype`, `shape` and `data_offsets`. All of it is checked before anything is read: names, types, sizes, and that the tensors lie inside the file without overlapping.",
  }),
  "not-npy": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A file is not in the .npy format",
    message: ({ path, reason }) => `\`${path}\` is not a usable .npy file: ${reason}`,
    hint: () =>
      "little-endian f2, f4, f8, i1 to i8, u1 to u8 and b1 in C or Fortran order are read",
    explain:
      "A `.npy` file starts with the bytes `\\x93NUMPY`, a version and a Python dictionary with `descr`, `fortran_order` and `shape`.\n\n```python\nnp.save('pixels.npy', pixels.astype('<f4'))\n```",
  }),
  "bad-index": defineFault<{ path: string; reason: string; whole?: string | undefined }>({
    exitCode: 1,
    title: "The index of a sharded checkpoint is wrong",
    message: ({ path, reason }) => `the index \`${path}\` cannot be used: ${reason}`,
    hint: ({ whole }) =>
      whole === undefined
        ? undefined
        : `the index may be left over: name \`${whole}\` itself, or remove the index`,
    explain:
      "`model.safetensors.index.json` holds a `weight_map` from tensor names to files in the same folder. Every file must exist and hold the tensors that the map gives to it.",
  }),
  "tensor-missing": defineFault<{
    path: string;
    key: string;
    parameter?: string | undefined;
    nearest: string | undefined;
  }>({
    exitCode: 1,
    title: "A checkpoint lacks a tensor",
    message: ({ path, key, parameter }) =>
      parameter === undefined || parameter === key
        ? `\`${path}\` has no tensor \`${key}\``
        : `\`${path}\` has no tensor \`${key}\`, which fills the parameter \`${parameter}\``,
    hint: ({ nearest }) =>
      nearest === undefined
        ? "another layout may fit: --layout NAME picks a `weights` block"
        : `the nearest name there is \`${nearest}\``,
    explain:
      "Every parameter is filled from the checkpoint unless its `weights` block says `initialise`. A missing tensor is an error, because a model with a forgotten random layer still runs and is wrong.",
  }),
  "tensor-misshapen": defineFault<{
    path: string;
    key: string;
    found: readonly number[];
    needed: readonly number[];
    parameter: string;
  }>({
    exitCode: 1,
    title: "A tensor of a checkpoint has another shape than its parameter",
    message: ({ path, key, found, needed, parameter }) =>
      `\`${key}\` in \`${path}\` is [${found.join(", ")}] and the parameter \`${parameter}\` needs [${needed.join(", ")}]`,
    hint: () => "sizes are set by the checkpoint's config.json or by --set path=value",
    explain:
      "Shapes are compared after dropping dimensions of size 1. Tensors are never reshaped, cut or padded in silence; a `resample` line in the `weights` block resizes a grid, such as a position embedding for another image size.",
  }),
  "not-saveable": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A weight cannot be saved as it is on the device",
    message: ({ path, reason }) => `\`${path}\` cannot be saved: ${reason}`,
    hint: () => "compile without `--quantize` and `--memory` to save weights",
    explain:
      "A checkpoint has every element as the program has it. Weights that are quantised have lost bits, and weights that are streamed are on the device only while kernels read them: the file that they were read from is their checkpoint.",
  }),
  "tensor-unusable": defineFault<{ path: string; key: string; reason: string }>({
    exitCode: 1,
    title: "A tensor holds elements of a type that cannot be used here",
    message: ({ path, key, reason }) => `\`${key}\` in \`${path}\` cannot be used: ${reason}`,
    explain:
      "F64, F32, F16, BF16, I64 to I8, U64 to U8 and BOOL are read. Whole numbers must fit in 32 bits, and they fill no parameter of real numbers.",
  }),
  "run-locked": defineFault<{ path: string; pid: number; since: string }>({
    exitCode: 1,
    title: "Another process works in the folder of a run",
    message: ({ path, pid, since }) =>
      `process ${pid} has been at work in \`${path}\` since ${since}`,
    hint: () => "wait for it, or give this run a folder of its own",
    explain:
      "Two processes that wrote checkpoints and metrics into one folder would mix them up. The file `lock` names the process; when that is gone, however it ended, the folder is free again.",
  }),
  "run-damaged": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "The folder of a run is not as its checkpoint says",
    message: ({ path, reason }) => `\`${path}\` cannot be gone on with: ${reason}`,
    hint: () => "an older checkpoint of the run may still fit",
    explain:
      "A checkpoint says how long the metrics were when it was written, and they were on the disk by then. A shorter file was changed by something else, and to go on would leave a gap that nobody sees.",
  }),
  "run-changed": defineFault<{ path: string; what: string }>({
    exitCode: 1,
    title: "A run cannot go on with something else than it began with",
    message: ({ path, what }) => `the run in \`${path}\` began with another ${what}`,
    hint: () => "bring it back, begin another run, or go on all the same with --force",
    explain:
      "`run.json` has the hashes of what a run began with. With other batches or another program the steps that follow would belong to another run, and the metrics would not say so.",
  }),
  "run-unsaved": defineFault<{ run: string; step: number; saved: number; reason: string }>({
    exitCode: 3,
    title: "The last checkpoint of a run cannot be written",
    message: ({ run, step, reason }) => `\`${run}\` has no checkpoint of step ${step}: ${reason}`,
    hint: ({ saved }) =>
      saved === 0
        ? "make room, and train again"
        : `make room, and go on from step ${saved} with --resume`,
    explain:
      "The disk was full, or its folder could no longer be written, when the run ended. A checkpoint that is refused on the way is only warned of, and tried again at the next; without the last one the steps since the newest are lost.",
  }),
  "run-begun": defineFault<{ path: string; steps: number }>({
    exitCode: 1,
    title: "The folder of a new run holds another one",
    message: ({ path, steps }) => `\`${path}\` holds a run with checkpoints up to step ${steps}`,
    hint: () => "go on with it with --resume, or give this run a folder of its own",
    explain:
      "A run that begins in the folder of another would mix its metrics and checkpoints with those of the other.",
  }),
  "not-exportable": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A run has not what is to be exported of it",
    message: ({ path, reason }) => `the run in \`${path}\` cannot be exported so: ${reason}`,
    explain:
      "The newest whole checkpoint of a run is exported. `--merge` adds what `adapt` trained to the weights beside which it stands, and no other parameter may be read from these weights; `--ema` takes the means of weights in the place of the weights, where the stage keeps them.",
  }),
  "start-missing": defineFault<{ stage: string; path: string }>({
    exitCode: 1,
    title: "A stage starts from weights that are not there",
    message: ({ stage, path }) =>
      `\`${stage}\` starts from \`${path}\`, and there is no such file or folder`,
    hint: () =>
      "train it first, or name other weights: --weights FILE, or random:0 for initialisers",
    explain:
      '`start "runs/before"` in a stage names the run or the checkpoint that its weights come from, relative to the folder in which the command runs. Weights that are named beside it go before.',
  }),
  "batches-unusable": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A file of batches does not fit the stage",
    message: ({ path, reason }) => `\`${path}\` cannot be trained on: ${reason}`,
    explain:
      "A file of batches is a `.safetensors` file with one tensor for each input of the stage's record, by its name. The first axis of each is the step: element n is what the input is in step n.",
  }),
} as const;
