import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { nestKinds } from "../../compiler/6-emit/wgsl/nests/nest-registry.ts";
import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import { engineKinds } from "../../compiler/ir/kernel/engines/engine-registry.ts";
import { engineSamples } from "../support/kernels/engine-samples.ts";
import { graphics, software } from "../support/profiles.ts";

const folder = join(import.meta.dirname, "../../compiler/5-schedule/schedules");
const matrices: DeviceProfile = {
  ...graphics,
  subgroupMatrices: [{ operand: "f32", result: "f32", rows: 8, columns: 8, inner: 8 }],
};

describe("schedules", () => {
  test("stand in the list of an engine, each in a file of its name", async () => {
    const files = readdirSync(folder);
    const modules = await Promise.all(
      files.map(async (file): Promise<object> => import(join(folder, file))),
    );
    const written = modules.flatMap((own, n) =>
      Object.values(own).flatMap((value: unknown) =>
        typeof value === "object" && value !== null && "apply" in value && "name" in value
          ? [{ file: files[n], name: value.name }]
          : [],
      ),
    );
    const listed = engineKinds.flatMap((kind) => schedulesOf(kind).map(({ name }) => name));
    expect(written.map(({ name }) => name).sort()).toEqual(listed.toSorted());
    expect(written.map(({ file }) => file)).toEqual(written.map(({ name }) => `${name}.ts`));
  });

  test("choose every loop nest for one of the samples", () => {
    const profiles = [portableProfile, software, graphics, matrices];
    const chosen = engineKinds.flatMap((kind) =>
      engineSamples[kind].flatMap(({ kernel, tensors }) =>
        profiles.flatMap((profile) =>
          schedulesOf(kind).flatMap((schedule) => {
            const applied = schedule.apply(kernel, tensors, profile, () => undefined);
            return "because" in applied ? [] : [applied.nest.kind];
          }),
        ),
      ),
    );
    expect([...new Set(chosen)].sort()).toEqual(nestKinds.toSorted());
  });

  test("accept everything at the end of each list", () => {
    for (const kind of engineKinds) {
      const last = schedulesOf(kind).at(-1);
      for (const { kernel, tensors } of engineSamples[kind]) {
        const applied = last?.apply(kernel, tensors, portableProfile, () => undefined);
        expect(applied).toHaveProperty("nest");
      }
    }
  });
});
