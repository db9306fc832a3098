import { extname } from "node:path";
import { writeNpy } from "../../../runtime/files/npy.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { exitCode, Failure } from "../../api/failure.ts";

/** Refused before the work is done, not after. */
export function assertWritable(path: string): void {
  if ([".safetensors", ".npy"].includes(extname(path))) return;
  const message = `\`--out ${path}\` must end in .safetensors or .npy`;
  throw new Failure(exitCode.usage, "bad-option", message);
}

/** One tensor per output name as `.safetensors`, or the only output as `.npy`. */
export function writeOutputs(path: string, outputs: Readonly<Record<string, Tensor>>): void {
  if (extname(path) === ".safetensors") {
    writeSafetensors(path, outputs);
    return;
  }
  const [first, ...others] = Object.entries(outputs);
  if (first === undefined || others.length > 0) {
    const names = Object.keys(outputs)
      .map((name) => `\`${name}\``)
      .join(", ");
    const hint = "write a .safetensors file, which holds them by name";
    const message = `a .npy file holds one output, and the mode has ${names}`;
    throw new Failure(exitCode.usage, "bad-option", message, hint);
  }
  writeNpy(path, first[1]);
}
