import { expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../compiler/stage-artifact.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { runBatch } from "../../runtime/train/run-batch.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const text = `import { contrastive, cross_entropy } from "std/losses"
import { AdamW } from "std/optimizers"
import { Linear } from "std/layers"
model M {
  axis D = 5
  axis H = 12
  axis E = 6
  axis Class = 7
  axis N = 4
  use a = Linear<D, E>()
  use b = Linear<D, E>()
  use head = Linear<E, Class>()
  param scale: f32[] = 0.5
  mode run(x: f32[B, N, D]) -> [B, N, E] { a(real(x)) }
}
stage both of M(x: f32[B, N, D], y: f32[B, D], labels: i32[B, N]) {
  loss {
    let seen = a(real(x))
    let near = contrastive{B, E}(mean{N}(seen), b(real(y)), exp(scale), keep: take{N: 0}(labels) != 3)
    let named = cross_entropy{Class}(head(seen), labels, keep: labels >= 0 and index{B} < B - 1)
    near + 0.5 * named
  }
  watch near, named
  train everything else at lr 1e-2
  optimizer AdamW()
  steps 5
  batch 8 by 2
}
`;

function compiled(
  stage: string,
  options: object,
  profile: ReturnType<typeof deviceProfile>,
): StageArtifact {
  const { artifact, diagnostics } = compileStage({
    entry: "pieces.weft",
    loader: memoryLoader("pieces.weft", text),
    stage,
    profile,
    ...options,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

test("pieces", async () => {
  const device = (await openTestDevice("lavapipe")) as NonNullable<
    Awaited<ReturnType<typeof openTestDevice>>
  >;
  const profile = deviceProfile(device);
  const inputs: Record<string, Tensor> = {
    x: {
      element: "f32",
      shape: [8, 4, 5],
      data: Float32Array.from({ length: 160 }, (_, n) => Math.sin(n * 1.7)),
    },
    y: {
      element: "f32",
      shape: [8, 5],
      data: Float32Array.from({ length: 40 }, (_, n) => Math.cos(n * 2.3)),
    },
    labels: {
      element: "i32",
      shape: [8, 4],
      data: Int32Array.from({ length: 32 }, (_, n) => (n % 5 === 0 ? -1 : (n * 7) % 7)),
    },
  };
  const results = [];
  for (const piece of [8, 2]) {
    const artifact = compiled("both", { sizes: { B: 8 }, piece }, profile);
    console.log(
      artifact.stage.batch,
      artifact.steps.map(({ name, from, to, sizes }) => [name, to - from, sizes.B]),
    );
    const session = await Session.create(artifact, device, "random:3");
    results.push(await runBatch(session, inputs, { firstSample: 0 }));
    session.dispose();
  }
  const [whole = {}, pieces = {}] = results;
  for (const [name, { data }] of Object.entries(whole)) {
    const own = pieces[name]?.data ?? [];
    let off = 0,
      norm = 0;
    data.forEach((v, n) => {
      off += (v - (own[n] ?? NaN)) ** 2;
      norm += v ** 2;
    });
    console.log(name, Math.sqrt(off / norm), data.slice(0, 3), own.slice(0, 3));
  }
  device.dispose();
});
