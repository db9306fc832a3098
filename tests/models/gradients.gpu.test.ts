import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { file, gradientCases, oracle, read } from "../support/gradient-cases.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { runStage } from "../support/graphs/run-stage.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

/** Every case on every adapter takes minutes: without being asked for, the first on the first. */
const isAll = process.env.WEFT_ALL_GRADIENTS !== undefined;
const timeout = isAll ? 1_200_000 : 120_000;
const precisions = ["f32", "f16"] as const;
const cases = (isAll ? gradientCases : gradientCases.slice(0, 1)).flatMap((one) =>
  (isAll ? precisions : precisions.slice(0, 1)).map((precision) => ({ ...one, precision })),
);

describe.each(isAll ? testDrivers : testDrivers.slice(0, 1))(
  "gradients against the official code, on %s",
  (driver) => {
    let device: Device | undefined;
    beforeAll(async () => {
      device = await openTestDevice(driver);
    });
    afterAll(() => device?.dispose(), timeout);

    test.for(cases)("$name in $precision", { timeout }, async (one, context) => {
      if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
      if (!existsSync(oracle) || device === undefined) return context.skip();
      const isNarrow = one.precision === "f16";
      if (isNarrow && !deviceProfile(device).hasF16) return context.skip();
      const { entry, stage, phase, sizes, config, weights } = one;
      const overrides = Object.entries(one.overrides ?? {}).map(([path, value]) => {
        return { path, value };
      });
      const precision = isNarrow ? one.precision : undefined;
      const request = { entry, stage, phase, sizes, overrides, precision };
      const found = await runStage(device, weights, one.inputs(), request, config);
      for (const [name, right] of Object.entries(read(...one.losses)))
        expect(relativeError(found[name]?.data ?? [], right.data), name).toBeLessThan(
          isNarrow ? 1e-3 : 2e-6,
        );
      if (one.gradients === undefined) return;
      const source = file(one.gradients);
      const [from, to] = one.renamed ?? ["", ""];
      const wanted = Object.keys(readHeaders(source).tensors);
      const nameOf = (key: string): string =>
        key.startsWith(from) ? to + key.slice(from.length) : key;
      const watched = ["loss", ...(watchesOf[stage] ?? [])];
      const names = Object.keys(found).filter((name) => !watched.includes(name));
      expect(names.toSorted()).toEqual(wanted.map(nameOf).toSorted());
      for (const key of wanted) {
        const right = readTensor(source, key).data;
        const norm = Math.hypot(...right);
        const error = relativeError(found[nameOf(key)]?.data ?? [], right);
        // Some are 0 but for rounding: those have an absolute bound.
        if (norm > 1e-6) expect(error, key).toBeLessThan(isNarrow ? 6e-3 : 1e-5);
        else expect(error * norm, key).toBeLessThan(isNarrow ? 1e-3 : 1e-6);
      }
    });
  },
);

const watchesOf: Readonly<Record<string, readonly string[]>> = {
  align: ["itm", "itc", "itg"],
  retrieval: ["no", "yes", "g", "c"],
};
