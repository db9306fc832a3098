import { defineConfig } from "vitest/config";

/**
 * Tests whose name ends in `.gpu.test.ts` drive an adapter. A software adapter takes every core by
 * itself, so these run one file at a time, after all the others.
 */
const gpuTests = "tests/**/*.gpu.test.ts";
const shared = { pool: "forks", testTimeout: 120_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        test: {
          ...shared,
          name: "compiler",
          include: ["tests/**/*.test.ts"],
          exclude: [gpuTests],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "gpu",
          include: [gpuTests],
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
