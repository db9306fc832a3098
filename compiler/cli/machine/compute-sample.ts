import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { openDevice } from "../../../runtime/device/open-device.ts";
import { Session } from "../../../runtime/session.ts";
import { compileText } from "../../api/compile-text.ts";

/** What `weft doctor` tells of a device: it computes, in what time, and how exactly. */
interface SampleResult {
  readonly device: string;
  /** From opening the device to the result. */
  readonly timeMs: number;
  /** Norm of the difference to the product in double precision over the norm of that. */
  readonly error: number;
}

const [rows, inner] = [7, 33];

const sampleText = `
  model Sample() {
    axis M = ${rows}
    axis K = ${inner}
    mode product(x: f32[M, K]) -> f32[M] { sum{K}(x * sin(x)) }
  }`;

/** Compiles and runs a small model from text to numbers, and compares with the same in double precision. */
export async function computeSample(): Promise<SampleResult> {
  const started = performance.now();
  const device = await openDevice({ select: "auto" });
  try {
    const profile = deviceProfile(device);
    const artifact = compileText(sampleText, { model: "Sample", mode: "product", profile });
    const session = await Session.create(artifact, device);
    const data = Float32Array.from(
      { length: rows * inner },
      (_, index) => ((index * 37) % 101) / 25 - 2,
    );
    const outputs = await session.run({ x: { element: "f32", shape: [rows, inner], data } });
    const [found] = Object.values(outputs);
    session.dispose();
    const timeMs = performance.now() - started;
    return { device: device.name, timeMs, error: errorOf(found?.data ?? new Float32Array(), data) };
  } finally {
    device.dispose();
  }
}

function errorOf(found: ArrayLike<number>, data: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (let row = 0; row < rows; row += 1) {
    let expected = 0;
    for (const x of data.subarray(row * inner, (row + 1) * inner)) expected += x * Math.sin(x);
    difference += ((found[row] ?? Number.NaN) - expected) ** 2;
    norm += expected ** 2;
  }
  return Math.sqrt(difference / norm);
}
