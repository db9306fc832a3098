import type { Program } from "../../compiler/artifact.ts";
import type { Device } from "../device/device.ts";
import { fillTensor, type TensorHome } from "./fill-tensor.ts";
import { initialElements } from "./initial-elements.ts";
import { partsOf } from "./stored-parts.ts";
import { Uploader } from "./uploader.ts";

interface ConstantsHome extends TensorHome {
  readonly program: Program;
  readonly device: Device;
}

/** Computes what the program knows of positions alone, in float64, and puts it where the plan says. */
export async function fillConstants(executable: ConstantsHome): Promise<void> {
  const { constants } = executable.program;
  if (constants.length === 0) return;
  const uploader = new Uploader(executable.device);
  try {
    for (const constant of constants) {
      const elements = initialElements(constant, 0);
      const origin = { path: "", key: constant.name };
      const parts = partsOf(constant, elements.count);
      for await (const _ of fillTensor(parts, elements, { executable, uploader }, origin));
    }
    await uploader.finish();
  } finally {
    uploader.dispose();
  }
}
