import type { StoredSpec, TensorSpec } from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { storageBytes } from "../execute/storage.ts";
import { TensorWindow } from "../execute/tensor-window.ts";
import { fault } from "../faults.ts";
import { AtomicFile } from "../files/atomic-write.ts";
import type { ElementType } from "../weights/element-types.ts";
import { unpackTensor } from "../weights/unpack-tensor.ts";
import { safetensorsHeader } from "../weights/write-safetensors.ts";
import { countOf, partsOf } from "./stored-parts.ts";

/**
 * Writes everything that is saved as one `.safetensors` file, each tensor under its path, row-major and with
 * the bits that the device has. Fails before the first byte where something is not on the device whole:
 * weights that are quantised or streamed. One part of a tensor is in memory at a time.
 */
export async function saveStored(
  executable: Executable,
  stored: readonly StoredSpec[],
  path: string,
): Promise<void> {
  const saved = stored.filter(({ lifetime }) => lifetime === "saved");
  const entries = saved.map((spec) => {
    const { storage } = executable.tensor(spec.tensor);
    return {
      key: spec.path,
      dtype: dtypeOf(spec, storage),
      shape: spec.shape.map(({ size }) => size),
      bytes: countOf(spec) * storageBytes(storage),
    };
  });
  for (const spec of saved) refuseAbsent(spec, executable);
  const window = await TensorWindow.create(executable);
  try {
    const file = AtomicFile.create(path);
    try {
      file.write(safetensorsHeader(entries));
      for (const { tensor, count } of saved.flatMap((spec) => partsOf(spec, countOf(spec)))) {
        const own = executable.tensor(tensor);
        const packed = new Uint8Array(executable.copySize(own));
        await window.read(own, (bytes, start) => packed.set(bytes, start));
        file.write(unpackTensor(packed, own, count));
      }
      file.commit();
    } catch (error) {
      file.abandon();
      throw error;
    }
  } finally {
    window.dispose();
  }
}

/** What passes through slots is on the device only while kernels read it. */
function refuseAbsent({ path, tensor, parts = [] }: StoredSpec, executable: Executable): void {
  const { buffers } = executable.program;
  const isStreamed = [tensor, ...parts.map((part) => part.tensor)].some(
    (own) => buffers[executable.tensor(own).buffer]?.role === "slot",
  );
  if (isStreamed)
    throw fault("not-saveable", { path, reason: "it passes through the device a piece at a time" });
}

function dtypeOf({ path }: StoredSpec, storage: TensorSpec["storage"]): ElementType {
  switch (storage) {
    case "f32":
      return "F32";
    case "f16":
      return "F16";
    case "bf16":
      return "BF16";
    case "i32":
    case "u32":
      return "I32";
    case "i8":
    case "i4":
      throw fault("not-saveable", {
        path,
        reason: "it is stored in few bits, which lost the rest",
      });
  }
}
