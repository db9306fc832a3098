import { expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const [samples, inputs] = [1024, 8];

/** A loss whose gradient at each sample is 2^-30, which f16 does not have: its least number is 2^-24. */
const text = `model Line {
  axis In = ${inputs}
  param w: [In] = 0.5
  param table: [In] = 0.25
  mode run(x: f32[B, In], place: i32[B]) -> [B] {
    sum{In}(w * real(x)) + take{In: place}(table)
  }
}
stage fit of Line(x: f32[B, In], place: i32[B]) {
  train w, table at lr 0.1
  precision compute f16
  loss { ${2 ** -20} * mean{B}(f32(run(x, place))) }
}
`;

test("sums of gradients have the digits of f32, and small ones are not 0", async () => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return;
  const { artifact, diagnostics } = compileStage({
    entry: "line.weft",
    loader: memoryLoader("line.weft", text),
    stage: "fit",
    sizes: { B: samples },
    profile: deviceProfile(device),
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  const session = await Session.create(artifact, device, undefined);
  // What f16 holds, so that nothing is rounded before it is summed.
  const x = Float32Array.from({ length: samples * inputs }, (_, n) => ((n * 7919) % 2039) / 1024);
  const place = Int32Array.from({ length: samples }, (_, n) => (n * n) % inputs);
  const found = await session.run({
    x: { element: "f32", shape: [samples, inputs], data: x },
    place: { element: "i32", shape: [samples], data: place },
  });
  session.dispose();
  device.dispose();
  const sums = Array.from({ length: inputs }, (_, n) =>
    x.reduce((sum, value, at) => (at % inputs === n ? sum + value : sum), 0),
  );
  const counts = Array.from({ length: inputs }, (_, n) => place.filter((one) => one === n).length);
  for (const [name, exact] of Object.entries({ w: sums, table: counts }))
    for (const [n, wanted] of exact.entries())
      expect(
        Math.abs((found[name]?.data[n] ?? Number.NaN) - wanted * 2 ** -30),
        `${name}[${n}]`,
      ).toBeLessThanOrEqual(1e-6 * wanted * 2 ** -30);
});
